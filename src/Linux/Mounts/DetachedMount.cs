using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>A mount that is nowhere yet; closing it drops it. Here: a clone of a part of the host's mount tree (open_tree(2) OPEN_TREE_CLONE).</summary>
public sealed partial class DetachedMount : IDisposable
{
    private readonly bool _recursive;

    internal DetachedMount(SafeFileHandle handle, bool recursive)
    {
        Handle = handle;
        _recursive = recursive;
        Status = FileStatus.OfHandle(handle);
    }

    /// <summary>The tree's descriptor.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>What it shows, and the mount id that it will keep when it is attached.</summary>
    public FileStatus Status { get; }

    /// <summary>Clones what <paramref name="path"/> leads to, symbolic links followed.</summary>
    /// <param name="path">An absolute path on the host.</param>
    /// <param name="recursive">Mounts beneath it come along.</param>
    /// <exception cref="KernelException">ENOENT: it is gone. EINVAL: it lies on an unbindable mount.</exception>
    public static unsafe DetachedMount Clone(string path, bool recursive)
    {
        using PathBytes bytes = new(path);
        uint flags = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (recursive ? Mount.AT_RECURSIVE : 0);
        int fd = Libc.open_tree(AT_FDCWD, bytes.Pointer, flags);
        return fd >= 0 ? new DetachedMount(new SafeFileHandle(fd, ownsHandle: true), recursive) : throw KernelException.Last("open_tree", path);
    }

    /// <summary>Whether the mounts beneath came along.</summary>
    public bool IsRecursive => _recursive;

    /// <summary>Makes it private, so that nothing propagates between it and the host, and sets what is asked for.</summary>
    /// <param name="readOnly">MOUNT_ATTR_RDONLY</param>
    /// <param name="noExec">MOUNT_ATTR_NOEXEC</param>
    /// <param name="ids">
    /// A user namespace whose maps say which owner on the file system is seen as which (MOUNT_ATTR_IDMAP); null: as they are.
    /// </param>
    /// <exception cref="KernelException">The kernel refuses an attribute. EINVAL with ids: the file system cannot map them.</exception>
    public unsafe void Restrict(bool readOnly, bool noExec, SafeFileHandle? ids = null)
    {
        using HandleUse idsUse = new(ids ?? Handle);
        mount_attr attributes = new()
        {
            attr_set = (readOnly ? Mount.MOUNT_ATTR_RDONLY : 0) | (noExec ? Mount.MOUNT_ATTR_NOEXEC : 0) | (ids is null ? 0 : Mount.MOUNT_ATTR_IDMAP),
            propagation = Mount.MS_PRIVATE,
            userns_fd = ids is null ? 0 : (ulong)idsUse.Descriptor,
        };
        byte empty = 0;
        using HandleUse use = new(Handle);
        uint flags = (uint)AT_EMPTY_PATH | (_recursive ? Mount.AT_RECURSIVE : 0);
        if (Libc.mount_setattr(use.Descriptor, &empty, flags, &attributes) != 0)
        {
            throw KernelException.Last(ids is null ? "mount_setattr" : "mount_setattr(MOUNT_ATTR_IDMAP)", "clone");
        }
    }

    /// <summary>Device nodes in it can be opened, although the file system is mounted nodev where it was cloned.</summary>
    /// <exception cref="KernelException">EPERM: nodev is locked.</exception>
    public unsafe void AllowDevices()
    {
        mount_attr attributes = new() { attr_clr = (ulong)MountAttributes.NoDevices };
        byte empty = 0;
        using HandleUse use = new(Handle);
        if (Libc.mount_setattr(use.Descriptor, &empty, (uint)AT_EMPTY_PATH, &attributes) != 0)
        {
            throw KernelException.Last("mount_setattr(nodev off)", "clone");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
