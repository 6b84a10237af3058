using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>Makes and removes the files and directories inside a container that mounts are put upon.</summary>
internal sealed class MountPointMaker(ContainerEntry container)
{
    /// <summary>What a target that does not exist lacks.</summary>
    internal MissingPath Missing(string target)
    {
        ImmutableArray<string> paths = [target];
        while (true)
        {
            string parent = ParentOf(paths[0]);
            if (RootedPath.Open(container.Root, parent, directory: true) is { } there)
            {
                return new MissingPath(there, paths);
            }

            paths = parent == "/"
                ? throw new MountRefusedException("the container's root directory is gone")
                : paths.Insert(0, parent);
        }
    }

    /// <summary>
    /// Makes what is missing; the last is a directory or an empty file. Reports after each what was really made by us. Returns the last, open
    /// as O_PATH.
    /// </summary>
    internal SafeFileHandle Make(MissingPath missing, bool directory, Action<ImmutableArray<string>> progress)
    {
        ImmutableArray<string> made = [];
        using SafeFileHandle first = missing.Parent;
        SafeFileHandle parent = first;
        foreach (string path in missing.Paths)
        {
            bool last = path == missing.Paths[^1];
            if (Create(parent, NameOf(path), directory || !last))
            {
                made = made.Add(path);
                progress(made);
            }

            // In the directory that was looked at, by its bare name: nothing in between can lead elsewhere.
            SafeFileHandle here = RootedPath.OpenEntry(parent, NameOf(path)) ??
                throw new MountRefusedException($"{path} was removed inside while it was made");
            parent.Dispose();
            if (!last && FileStatus.OfHandle(here).Identity.Kind != FileKind.Directory)
            {
                here.Dispose();
                throw new MountRefusedException($"{path} is a dangling symbolic link inside, or was replaced just now");
            }

            parent = here;
        }

        return parent;
    }

    /// <summary>
    /// Makes a symbolic link, and the directories on the way. A link that is there leads there from now on; anything else stays, and the answer is
    /// false.
    /// </summary>
    /// <param name="path">Of the link.</param>
    /// <param name="destination">Where it leads.</param>
    /// <param name="making">Told which directories will be made, before they are.</param>
    internal bool MakeLink(string path, string destination, Action<ImmutableArray<string>> making)
    {
        string above = ParentOf(path), name = NameOf(path);
        using SafeFileHandle parent = RootedPath.Open(container.Root, above, directory: true) ?? MakeDirectories(above, making);
        if (Link())
        {
            return true;
        }

        using SafeFileHandle? there = RootedPath.OpenEntry(parent, name);
        bool isLink = there is not null && FileStatus.OfHandle(there).Identity.Kind == FileKind.SymbolicLink;
        return isLink && AsRootInside(parent, user => MountPoint.TryRemove(parent, name, directory: false, user)) && Link();

        bool Link() => AsRootInside(parent, user => MountPoint.CreateLink(parent, name, destination, user));
    }

    private SafeFileHandle MakeDirectories(string path, Action<ImmutableArray<string>> making)
    {
        MissingPath missing = Missing(path);
        making(missing.Paths);
        return Make(missing, directory: true, _ => { });
    }

    /// <summary>Removes a symbolic link that still leads where we made it lead.</summary>
    internal void RemoveLink(string path, string destination)
    {
        using SafeFileHandle? parent = RootedPath.Open(container.Root, ParentOf(path), directory: true);
        using SafeFileHandle? there = parent is null ? null : RootedPath.OpenEntry(parent, NameOf(path));
        if (there is not null && FileStatus.OfHandle(there).Identity.Kind == FileKind.SymbolicLink && SymbolicLink.Read(there) == destination)
        {
            AsRootInside(parent!, user => MountPoint.TryRemove(parent!, NameOf(path), directory: false, user));
        }
    }

    private bool Create(SafeFileHandle parent, string name, bool directory) =>
        AsRootInside(parent, user => MountPoint.Create(parent, name, directory, user));

    /// <summary>
    /// As the container's root; in a directory of its users that root's mode bits keep it out of, as that directory's owner, whatever the
    /// bits say: root inside has that power over what its user namespace maps (capabilities(7), CAP_DAC_OVERRIDE), and many an image has a
    /// <c>/</c> of mode 0555. Never as the host's root: the path may lead into a host directory that is mounted inside, and what the
    /// container may not do there, we do not do for it.
    /// </summary>
    private bool AsRootInside(SafeFileHandle parent, Func<FileSystemUser, bool> act)
    {
        uint owner = container.UserIds.ToOutside(0) ?? throw NoRoot();
        uint group = container.GroupIds.ToOutside(0) ?? throw NoRoot();
        try
        {
            return act(new FileSystemUser(owner, group));
        }
        catch (KernelException e) when (e.Errno == Tmds.Linux.LibC.EACCES && owner != 0)
        {
            FileStatus above = FileStatus.OfHandle(parent);
            if (!container.UserIds.MapsOutside(above.Owner) || !container.GroupIds.MapsOutside(above.Group))
            {
                throw;
            }

            return act(new FileSystemUser(above.Owner, above.Group, OverridesModes: true));
        }
    }

    private static MountRefusedException NoRoot() =>
        new("the container's user namespace has no root (it maps no id 0), so nobody can make the mount point: make it in the image");

    /// <summary>Removes what was made, innermost first, as far as nothing was put there since: no content, no entry, no mount.</summary>
    /// <returns>None of it is there any more.</returns>
    internal bool Remove(ImmutableArray<string> made)
    {
        for (int i = made.Length - 1; i >= 0; i--)
        {
            if (!TryRemove(made[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An empty file that stays, because the container plays with the way to it, is no reason to call the unmounting failed.</summary>
    private bool TryRemove(string path)
    {
        try
        {
            // Gone with its directory, if a server was killed in the middle of this.
            using SafeFileHandle? parent = RootedPath.Open(container.Root, ParentOf(path), directory: true);
            return parent is null || TryRemove(parent, path);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>What is looked at is what is removed: an entry of this very directory.</summary>
    private bool TryRemove(SafeFileHandle parent, string path)
    {
        using SafeFileHandle? there = RootedPath.OpenEntry(parent, NameOf(path));
        if (there is null)
        {
            return true;
        }

        FileStatus status = FileStatus.OfHandle(there);
        bool directory = status.Identity.Kind == FileKind.Directory;
        bool untouched = directory || status is { Identity.Kind: FileKind.Regular, Size: 0 };
        return untouched && status.MountId == FileStatus.OfHandle(parent).MountId &&
            AsRootInside(parent, user => MountPoint.TryRemove(parent, NameOf(path), directory, user));
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "/";

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}

/// <summary>What has to be made so that a target exists.</summary>
/// <param name="Parent">The innermost directory on the way that is there.</param>
/// <param name="Paths">What is to be made, outermost first; the last is the target.</param>
internal readonly record struct MissingPath(SafeFileHandle Parent, ImmutableArray<string> Paths);
