using ContainerManager.Linux.Native;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Makes device nodes (mknod(2)).</summary>
public static class DeviceFile
{
    /// <summary>Makes a node with exactly this owner and these permission bits. What is there already is removed first.</summary>
    /// <param name="path">Absolute, in a directory of ours.</param>
    /// <param name="kind">A character or a block device.</param>
    /// <param name="node">Its number, owner and permission bits.</param>
    /// <exception cref="KernelException">EPERM: CAP_MKNOD is missing, or the file system can have no nodes. EACCES, ENOSPC, …</exception>
    public static unsafe void Make(string path, FileKind kind, NodeIdentity node)
    {
        File.Delete(path);
        using PathBytes bytes = new(path);
        if (Libc.mknodat(AT_FDCWD, bytes.Pointer, (uint)kind | (node.Mode & 0x1FF), NumberOf(node.Major, node.Minor)) != 0)
        {
            throw KernelException.Last("mknod", path);
        }

        // The umask may have taken bits away.
        if (Libc.fchownat(AT_FDCWD, bytes.Pointer, node.Owner, node.Group, AT_SYMLINK_NOFOLLOW) != 0)
        {
            throw KernelException.Last("chown", path);
        }

        File.SetUnixFileMode(path, (UnixFileMode)(node.Mode & 0x1FF));
    }

    /// <summary>dev_t as the C library has it (makedev(3)).</summary>
    private static ulong NumberOf(uint major, uint minor) =>
        (minor & 0xFF) | ((ulong)(major & 0xFFF) << 8) | ((ulong)(minor & ~0xFFu) << 12) | ((ulong)(major & ~0xFFFu) << 32);
}
