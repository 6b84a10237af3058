using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>What a container's own root is made of: clones by descriptor, and new file systems.</summary>
public sealed partial class DetachedMount
{
    /// <summary>Clones what is open.</summary>
    /// <param name="source">O_PATH.</param>
    /// <param name="name">For the message.</param>
    /// <param name="recursive">Mounts beneath it come along.</param>
    /// <exception cref="KernelException">EINVAL: it lies on an unbindable mount, or in another mount namespace.</exception>
    public static unsafe DetachedMount Clone(SafeFileHandle source, string name, bool recursive = true)
    {
        byte empty = 0;
        using HandleUse use = new(source);
        uint flags = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (recursive ? Mount.AT_RECURSIVE : 0);
        int fd = Libc.open_tree(use.Descriptor, &empty, flags | (uint)AT_EMPTY_PATH);
        return fd >= 0 ? new DetachedMount(new SafeFileHandle(fd, ownsHandle: true), recursive) : throw KernelException.Last("open_tree", name);
    }

    /// <summary>Makes a new file system (fsopen(2), fsconfig(2), fsmount(2); Linux 5.2).</summary>
    /// <param name="type">As in <c>/proc/filesystems</c>.</param>
    /// <param name="attributes">Of the mount.</param>
    /// <param name="options">Each a word, or <c>key=value</c>.</param>
    /// <exception cref="KernelException">EPERM: not in this user namespace. ENODEV: the kernel has no such file system.</exception>
    public static unsafe DetachedMount Create(string type, MountAttributes attributes, params ReadOnlySpan<string> options)
    {
        using PathBytes typeBytes = new(type);
        using SafeFileHandle context = Owned(Libc.fsopen(typeBytes.Pointer, FileSystemContext.FSOPEN_CLOEXEC), "fsopen", type);
        using HandleUse use = new(context);
        foreach (string option in options)
        {
            Configure(use.Descriptor, type, option);
        }

        if (Libc.fsconfig(use.Descriptor, FileSystemContext.FSCONFIG_CMD_CREATE, null, null, 0) != 0)
        {
            throw KernelException.Last("fsconfig(FSCONFIG_CMD_CREATE)", type);
        }

        int fd = Libc.fsmount(use.Descriptor, FileSystemContext.FSMOUNT_CLOEXEC, (uint)attributes);
        return new DetachedMount(Owned(fd, "fsmount", type), recursive: false);
    }

    /// <summary>Sets attributes on every mount of the tree and makes it private.</summary>
    /// <exception cref="KernelException">The kernel refuses an attribute.</exception>
    public unsafe void Restrict(MountAttributes attributes)
    {
        mount_attr wanted = new() { attr_set = (ulong)attributes, propagation = Mount.MS_PRIVATE };
        byte empty = 0;
        using HandleUse use = new(Handle);
        if (Libc.mount_setattr(use.Descriptor, &empty, (uint)AT_EMPTY_PATH | (_recursive ? Mount.AT_RECURSIVE : 0), &wanted) != 0)
        {
            throw KernelException.Last("mount_setattr", attributes.ToString());
        }
    }

    /// <summary>Mounts it on <paramref name="target"/>, in our own mount namespace.</summary>
    /// <param name="target">O_PATH; a directory for a directory, otherwise a file.</param>
    /// <param name="path">For the message.</param>
    /// <exception cref="KernelException">The target cannot be mounted upon.</exception>
    public unsafe void AttachTo(SafeFileHandle target, string path)
    {
        byte empty = 0;
        using HandleUse from = new(Handle), to = new(target);
        if (Libc.move_mount(from.Descriptor, &empty, to.Descriptor, &empty, Mount.MOVE_MOUNT_F_EMPTY_PATH | Mount.MOVE_MOUNT_T_EMPTY_PATH) != 0)
        {
            throw KernelException.Last("move_mount", path);
        }
    }

    private static unsafe void Configure(int context, string type, string option)
    {
        int equals = option.IndexOf('=');
        using PathBytes key = new(equals < 0 ? option : option[..equals]);
        using PathBytes value = new(equals < 0 ? "" : option[(equals + 1)..]);
        int result = equals < 0
            ? Libc.fsconfig(context, FileSystemContext.FSCONFIG_SET_FLAG, key.Pointer, null, 0)
            : Libc.fsconfig(context, FileSystemContext.FSCONFIG_SET_STRING, key.Pointer, value.Pointer, 0);
        if (result != 0)
        {
            throw KernelException.Last("fsconfig", $"{type} {option}");
        }
    }

    private static SafeFileHandle Owned(int fd, string call, string operand) =>
        fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new KernelException(call, operand, Marshal.GetLastPInvokeError());
}

/// <summary>MOUNT_ATTR_* of mount_setattr(2).</summary>
[Flags]
public enum MountAttributes : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>MOUNT_ATTR_RDONLY</summary>
    ReadOnly = 0x1,

    /// <summary>MOUNT_ATTR_NOSUID</summary>
    NoSetUserId = 0x2,

    /// <summary>MOUNT_ATTR_NODEV</summary>
    NoDevices = 0x4,

    /// <summary>MOUNT_ATTR_NOEXEC</summary>
    NoExec = 0x8,
}
