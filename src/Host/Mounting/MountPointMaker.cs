using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>Makes and removes the files and directories inside a container that mounts are put upon.</summary>
internal sealed class MountPointMaker(ContainerEntry container)
{
    /// <summary>The path and those of its parents that do not exist, outermost first.</summary>
    internal ImmutableArray<string> Missing(string target)
    {
        ImmutableArray<string>.Builder missing = ImmutableArray.CreateBuilder<string>();
        for (string path = target; path != "/"; path = ParentOf(path))
        {
            using SafeFileHandle? there = path == target ? null : RootedPath.Open(container.Root, path, directory: true);
            if (there is not null)
            {
                break;
            }

            missing.Insert(0, path);
        }

        return missing.ToImmutable();
    }

    /// <summary>Makes them; the last is a directory or an empty file. Reports after each what was really made by us.</summary>
    internal ImmutableArray<string> Make(ImmutableArray<string> paths, bool directory, Action<ImmutableArray<string>> progress)
    {
        uint owner = container.UserIds.ToOutside(0) ?? 0;
        uint group = container.GroupIds.ToOutside(0) ?? 0;
        ImmutableArray<string> made = [];
        foreach (string path in paths)
        {
            using SafeFileHandle parent = RootedPath.Open(container.Root, ParentOf(path), directory: true)
                ?? throw new MountRefusedException($"{ParentOf(path)} is a dangling symbolic link inside, or was removed just now");
            if (Create(parent, NameOf(path), directory || path != paths[^1], owner, group))
            {
                made = made.Add(path);
                progress(made);
            }
        }

        return made;
    }

    /// <summary>
    /// As the container's root; in a directory of another of its users as that user. Never as the host's root: the path may lead into a host
    /// directory that is mounted inside, and what the container may not do there, we do not do for it.
    /// </summary>
    private bool Create(SafeFileHandle parent, string name, bool directory, uint owner, uint group)
    {
        try
        {
            return MountPoint.Create(parent, name, directory, owner, group);
        }
        catch (KernelException e) when (e.Errno == Tmds.Linux.LibC.EACCES && owner != 0)
        {
            FileStatus above = FileStatus.OfHandle(parent);
            if (!container.UserIds.MapsOutside(above.Owner) || !container.GroupIds.MapsOutside(above.Group))
            {
                throw;
            }

            return MountPoint.Create(parent, name, directory, above.Owner, above.Group);
        }
    }

    /// <summary>Removes what was made, innermost first, as far as nothing was put there since: no content, no entry, no mount.</summary>
    internal void Remove(ImmutableArray<string> made)
    {
        for (int i = made.Length - 1; i >= 0; i--)
        {
            if (!TryRemove(made[i]))
            {
                return;
            }
        }
    }

    /// <summary>An empty file that stays, because the container plays with the way to it, is no reason to call the unmounting failed.</summary>
    private bool TryRemove(string path)
    {
        try
        {
            using SafeFileHandle? parent = RootedPath.Open(container.Root, ParentOf(path), directory: true);
            return parent is not null && TryRemove(parent, path);
        }
        catch (KernelException)
        {
            return false;
        }
    }

    private bool TryRemove(SafeFileHandle parent, string path)
    {
        using SafeFileHandle? there = RootedPath.Open(container.Root, path);
        if (there is null)
        {
            return true;
        }

        FileStatus status = FileStatus.OfHandle(there);
        bool directory = status.Identity.Kind == FileKind.Directory;
        bool untouched = directory || status is { Identity.Kind: FileKind.Regular, Size: 0 };
        return untouched && status.MountId == FileStatus.OfHandle(parent).MountId && RootedPath.TryRemoveEntry(parent, NameOf(path), directory);
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "/";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
