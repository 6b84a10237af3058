using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>
/// Whether what a user's engine calls its container is that user's own. We are root, and the engine may name any process of the host: so
/// the kernel is asked who made the user namespaces in question (docs/security.md).
/// </summary>
internal static class OwnProcesses
{
    /// <exception cref="IOException">It is not.</exception>
    internal static void Check(Account account, ContainerEntry entry, ContainerDescription container)
    {
        // Of the mount namespace, not only of the process: one that is in a user namespace of its own may still see the host's mounts.
        if (NamespaceOwner.OfNamespace(entry.MountNamespace) != account.UserId || NamespaceOwner.OfProcess(container.ProcessId) != account.UserId)
        {
            throw Refused(account, container, "which is not in namespaces of that user");
        }

        // Where root inside is nobody outside, mount points would be made by our own root.
        if (entry.UserIds.ToOutside(0) is null or 0 || entry.GroupIds.ToOutside(0) is null or 0)
        {
            throw Refused(account, container, "whose user namespace has no root (user and group 0) of its own");
        }
    }

    private static IOException Refused(Account account, ContainerDescription container, string why) => new(string.Create(
        CultureInfo.InvariantCulture, $"refused: the engine of user {account.Name} says that {container.Name} is process {container.ProcessId}, {why}"));
}
