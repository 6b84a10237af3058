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
        (Desired? wanted, FileIdentity there) = step switch
        {
            Step.Attach attach => (attach.Desired, default(FileIdentity)),
            Step.Replace replace => (replace.Desired, replace.Current.Identity),
            _ => (null, default(FileIdentity)),
        };
        if (wanted is not null)
        {
            Release(permission, step.Target, wanted.Identity, there);
        }
    }

    /// <summary>What a node has needed, unless the one that is there instead needs the same.</summary>
    internal static void Release(ContainerPermission permission, string target, FileIdentity gone, FileIdentity there)
    {
        if (gone.IsDevice && !(there.IsDevice && ContainerDevices.NumberOf(there) == ContainerDevices.NumberOf(gone)))
        {
            permission.Revoke(ContainerDevices.NumberOf(gone), target);
        }
    }
}
