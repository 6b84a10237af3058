using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// Device nodes of our own for containers: with the owner and the permissions that they shall have inside, so that nothing that is done to
/// them there is done to the host's. A node that a container's root made itself, or one on a file system of a container's, could not be opened
/// in a user namespace. Each lies beneath its mount's id for as long as it is mounted. Used by all lanes at once.
/// </summary>
internal sealed class StagedNodes
{
    private readonly string _directory;
    private int _drafts;

    /// <param name="directory">Of our own; made when it is not there.</param>
    internal StagedNodes(string directory) =>
        _directory = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    /// <summary>Makes a node and clones it.</summary>
    /// <param name="identity">Of the host's node.</param>
    /// <param name="options">Owner and mode, should they differ from the host's.</param>
    /// <param name="container">Whose ids count.</param>
    /// <param name="finish">Makes of the clone what is mounted.</param>
    /// <exception cref="IOException">It could not be made.</exception>
    internal DetachedMount Make(FileIdentity identity, MountOptions options, ContainerEntry container, Func<DetachedMount, DetachedMount> finish)
    {
        NodeIdentity node = Inside(identity.Node, options, container);
        string draft = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"draft-{Interlocked.Increment(ref _drafts)}"));
        DeviceFile.Make(draft, identity.Kind, node);
        try
        {
            DetachedMount clone = DetachedMount.Clone(draft, recursive: false);
            clone.AllowDevices();
            DetachedMount finished = finish(clone);
            File.Move(draft, PathOf(finished.Status.MountId), overwrite: true);
            return finished;
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>The mount is gone, if there was one of a node.</summary>
    internal void Remove(ulong mountId)
    {
        if (mountId != 0)
        {
            File.Delete(PathOf(mountId));
        }
    }

    /// <summary>If there is one of a mount, it is another's from now on.</summary>
    internal void Rename(ulong mountId, ulong other)
    {
        if (File.Exists(PathOf(mountId)))
        {
            File.Move(PathOf(mountId), PathOf(other), overwrite: true);
        }
    }

    /// <summary>Removes all but those of these mounts.</summary>
    internal void KeepOnly(IEnumerable<ulong> mountIds)
    {
        foreach (string file in Directory.GetFiles(_directory).Except(mountIds.Select(PathOf)))
        {
            File.Delete(file);
        }
    }

    private string PathOf(ulong mountId) => Path.Combine(_directory, mountId.ToString(CultureInfo.InvariantCulture));

    /// <summary>An id that the container does not have would be nobody's: it becomes its root's.</summary>
    private static NodeIdentity Inside(NodeIdentity node, MountOptions options, ContainerEntry container) => node with
    {
        Mode = options.Mode ?? node.Mode,
        Owner = Inside(container.UserIds, options.Owner?.User, node.Owner, "user"),
        Group = Inside(container.GroupIds, options.Owner?.Group, node.Group, "group"),
    };

    private static uint Inside(IdMap ids, uint? wanted, uint host, string kind) => wanted is { } inside
        ? ids.ToOutside(inside) ?? throw OwnerMapping.Unknown(kind, inside)
        : ids.MapsOutside(host) ? host : ids.ToOutside(0) ?? host;
}
