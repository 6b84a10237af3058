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
    private readonly bool _stays;
    private int _lastName;

    /// <summary>Mounts it. What an earlier process has left there is taken away.</summary>
    /// <param name="path">An empty directory.</param>
    /// <exception cref="KernelException">We may not mount.</exception>
    public PropagatingDirectory(string path)
    {
        Path = path;
        Clear(path);
        MountFresh("mode=0700");
        _directory = OwnDirectory.Open(path);
    }

    private PropagatingDirectory(string path, bool existing)
    {
        Path = path;
        _stays = true;
        if (!existing)
        {
            MountFresh("mode=0755");
        }

        _directory = OwnDirectory.Open(path);
    }

    /// <summary>
    /// Takes over the one that an earlier process has left at a path, since others see it as a slave; or makes one. It can be read by everybody, and stays when
    /// this object is disposed.
    /// </summary>
    /// <param name="path">A directory.</param>
    /// <exception cref="KernelException">We may not mount.</exception>
    public static PropagatingDirectory Keep(string path) =>
        new(path, MountTable.OfSelf().Mounts.Any(mount => mount.MountPoint == path && mount.FileSystemType == "tmpfs"));

    /// <summary>A directory in it, made where it is missing, in which things are mounted likewise. What was left in it is taken away.</summary>
    public PropagatingDirectory Beneath(string name)
    {
        MountPoint.Create(_directory, name, directory: true, Root);
        PropagatingDirectory beneath = new(System.IO.Path.Combine(Path, name), existing: true);
        foreach (string left in DirectoryNames.Read(beneath.Path))
        {
            TryUnmount(System.IO.Path.Combine(beneath.Path, left));
            _ = MountPoint.TryRemove(beneath._directory, left, directory: Directory.Exists(System.IO.Path.Combine(beneath.Path, left)), Root);
        }

        return beneath;
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
        if (!_stays)
        {
            TryUnmount(Path);
        }
    }

    private void MountFresh(string mode)
    {
        using DetachedMount fresh = DetachedMount.Create("tmpfs", MountAttributes.None, mode);
        using (SafeFileHandle target = OwnDirectory.Open(Path))
        {
            fresh.AttachTo(target, Path);
        }

        // Private first: where the directory's own mount is shared, this one became its peer, and would propagate wherever that does.
        SetPropagation(Mount.MS_PRIVATE);
        SetPropagation(Mount.MS_SHARED);
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
