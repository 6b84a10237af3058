using System.Globalization;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// A small file system of our own in our mount namespace. What is mounted in it appears in every slave of it (mount_namespaces(7)), and
/// nowhere else. Any thread may call.
/// </summary>
public sealed class PropagatingDirectory : IDisposable
{
    private static readonly FileSystemUser Root = new(0, 0);
    private readonly SafeFileHandle _directory;
    private int _lastName;

    /// <summary>Mounts it. What an earlier process has left there is taken away.</summary>
    /// <param name="path">An empty directory.</param>
    /// <exception cref="KernelException">We may not mount.</exception>
    public PropagatingDirectory(string path)
    {
        Path = path;
        Clear(path);
        using DetachedMount fresh = DetachedMount.Create("tmpfs", MountAttributes.None, "mode=0700");
        using (SafeFileHandle target = OwnDirectory.Open(path))
        {
            fresh.AttachTo(target, path);
        }

        // Private first: where the directory's own mount is shared, this one became its peer, and would propagate wherever that does.
        SetPropagation(Mount.MS_PRIVATE);
        SetPropagation(Mount.MS_SHARED);
        _directory = OwnDirectory.Open(path);
    }

    /// <summary>Takes away what an earlier process has left at a path, if it did.</summary>
    public static void Clear(string path)
    {
        while (TryUnmount(path))
        {
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Mounts something in it. Returns the name, a number that is never used twice.</summary>
    /// <exception cref="KernelException">There is no room, or the mount cannot propagate.</exception>
    public int Place(DetachedMount mount)
    {
        int name = Interlocked.Increment(ref _lastName);
        bool directory = mount.Status.Identity.Kind == FileKind.Directory;
        MountPoint.Create(_directory, Text(name), directory, Root);
        try
        {
            using SafeFileHandle? target = RootedPath.OpenEntry(_directory, Text(name));
            mount.AttachTo(target!, PathOf(name));
        }
        catch
        {
            MountPoint.TryRemove(_directory, Text(name), directory, Root);
            throw;
        }

        return name;
    }

    /// <summary>Takes it away again, here and in the slaves.</summary>
    /// <param name="name">As returned by <see cref="Place"/>.</param>
    /// <param name="directory">Whether it was a directory.</param>
    public void Remove(int name, bool directory)
    {
        TryUnmount(PathOf(name));
        MountPoint.TryRemove(_directory, Text(name), directory, Root);
    }

    /// <summary>Unmounts it.</summary>
    public void Dispose()
    {
        _directory.Dispose();
        TryUnmount(Path);
    }

    private static string Text(int name) => name.ToString(CultureInfo.InvariantCulture);

    private string PathOf(int name) => System.IO.Path.Combine(Path, Text(name));

    private static unsafe bool TryUnmount(string path)
    {
        using PathBytes bytes = new(path);
        return Libc.umount2(bytes.Pointer, Mount.MNT_DETACH | Mount.UMOUNT_NOFOLLOW) == 0;
    }

    private unsafe void SetPropagation(ulong propagation)
    {
        mount_attr wanted = new() { propagation = propagation };
        using PathBytes bytes = new(Path);
        if (Libc.mount_setattr(AT_FDCWD, bytes.Pointer, 0, &wanted) != 0)
        {
            throw KernelException.Last("mount_setattr(propagation)", Path);
        }
    }
}
