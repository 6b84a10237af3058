using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>
/// The root being built, and the host's root that things are taken from. Every path is resolved in the root it belongs to, without
/// magic links: a given root may hold links that mean harm.
/// </summary>
/// <param name="root">The container's root.</param>
/// <param name="host">The host's.</param>
internal sealed class ContainerTree(SafeFileHandle root, SafeFileHandle host)
{
    /// <summary>Makes things right beneath the container's root.</summary>
    internal OwnDirectory Top { get; } = new(root);

    /// <summary>Takes a path of the host along, if it is there. Null: it is not.</summary>
    internal DetachedMount? CloneOfHost(string path)
    {
        using SafeFileHandle? source = FollowHost(path);
        return source is null ? null : DetachedMount.Clone(source, path);
    }

    /// <summary>What a symbolic link of the host says; null where it is none.</summary>
    internal string? LinkOfHost(string path)
    {
        using SafeFileHandle? found = RootedPath.Open(host, path);
        return found is not null && FileStatus.OfHandle(found).Identity.Kind == FileKind.SymbolicLink ? SymbolicLink.Read(found) : null;
    }

    /// <summary>Clones a part of the container's own tree.</summary>
    internal DetachedMount? CloneOfOwn(string path)
    {
        using SafeFileHandle? source = RootedPath.Open(root, path);
        return source is null ? null : DetachedMount.Clone(source, path);
    }

    /// <summary>Mounts on a directory or file that is there.</summary>
    internal void Mount(DetachedMount mount, string path)
    {
        bool directory = mount.Status.Identity.Kind == FileKind.Directory;
        using SafeFileHandle target = RootedPath.Open(root, path, directory) ?? throw new IOException($"{path}: not in the container's root");
        mount.AttachTo(target, path);
    }

    /// <summary>Mounts on a directory right beneath the root, made where it is missing.</summary>
    internal void MountOnTop(DetachedMount mount, string name)
    {
        if (RootedPath.Open(root, "/" + name, directory: true) is { } existing)
        {
            existing.Dispose();
        }
        else
        {
            Top.MakeDirectory(name, Modes.Directory);
        }

        Mount(mount, "/" + name);
    }

    /// <summary>What a path of the host leads to, links followed in the host's root.</summary>
    private SafeFileHandle? FollowHost(string path)
    {
        SafeFileHandle? found = RootedPath.Open(host, path);
        for (int links = 0; found is not null && links < 8; links++)
        {
            if (FileStatus.OfHandle(found).Identity.Kind != FileKind.SymbolicLink)
            {
                return found;
            }

            path = Path.GetFullPath(SymbolicLink.Read(found), Path.GetDirectoryName(path)!);
            found.Dispose();
            found = RootedPath.Open(host, path);
        }

        return found;
    }
}
