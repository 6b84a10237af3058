using ContainerManager.Host.Devices;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Containers;

/// <summary>The permission that a mounted device node needs: from before it is mounted until it is gone, or was not mounted after all.</summary>
internal static class NodePermission
{
    /// <returns>Why the container may not use what it gets; null: it may, or it is no device.</returns>
    internal static string? Grant(ContainerPermission permission, string target, Desired desired) => desired is { Identity.IsDevice: true, Permission: true }
        ? permission.Grant(ContainerDevices.NumberOf(desired.Identity), target).Reason
        : null;

    /// <summary>A step has failed: what it was granted for is not there. What is there still, beneath a node that should have been replaced, keeps its own.</summary>
    internal static void TakeBack(ContainerPermission permission, Step.OnTarget step)
    {
        switch (step)
        {
            case Step.Attach attach:
                Release(permission, step.Target, attach.Desired.Identity, default);
                break;
            case Step.Replace { Current: { } current } replace:
                Release(permission, step.Target, replace.Desired.Identity, current.Permission ? current.Identity : default);
                break;
        }
    }

    /// <summary>What a node has needed that is gone, unless what is there instead needs the same.</summary>
    internal static void Release(ContainerPermission permission, Attachment gone, Desired? instead) =>
        Release(permission, gone.Target, gone.Identity, instead is { Permission: true } ? instead.Identity : default);

    private static void Release(ContainerPermission permission, string target, FileIdentity gone, FileIdentity there)
    {
        if (gone.IsDevice && !(there.IsDevice && ContainerDevices.NumberOf(there) == ContainerDevices.NumberOf(gone)))
        {
            permission.Revoke(ContainerDevices.NumberOf(gone), target);
        }
    }
}
