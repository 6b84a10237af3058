using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>What statx(2) tells of a file.</summary>
/// <param name="Identity">Which file it is.</param>
/// <param name="MountId">
/// The id of the mount it was reached through: STATX_MNT_ID_UNIQUE where the kernel has it (6.8), else STATX_MNT_ID.
/// </param>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Owner">User id.</param>
/// <param name="Group">Group id.</param>
public readonly record struct FileStatus(FileIdentity Identity, ulong MountId, ulong Size, uint Mode, uint Owner, uint Group)
{
    private const uint Wanted = StatxMask.STATX_TYPE | StatxMask.STATX_MODE | StatxMask.STATX_UID | StatxMask.STATX_GID | StatxMask.STATX_INO |
        StatxMask.STATX_SIZE | StatxMask.STATX_MNT_ID | StatxMask.STATX_MNT_ID_UNIQUE;

    /// <summary>It is the root of a mount (STATX_ATTR_MOUNT_ROOT, Linux 5.8).</summary>
    public bool IsMountRoot { get; private init; }

    /// <summary>Looks at a path. Null when there is nothing (ENOENT, ENOTDIR).</summary>
    /// <param name="path">The path.</param>
    /// <param name="followLinks">What a symbolic link at its end leads to, and not the link itself.</param>
    /// <exception cref="KernelException">Any other failure.</exception>
    public static unsafe FileStatus? OfPath(string path, bool followLinks = false)
    {
        using PathBytes bytes = new(path);
        statx_t result;
        if (Libc.statx(AT_FDCWD, bytes.Pointer, (followLinks ? 0 : AT_SYMLINK_NOFOLLOW) | AT_NO_AUTOMOUNT, Wanted, &result) == 0)
        {
            return From(result);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == ENOENT || errno == ENOTDIR ? null : throw new KernelException("statx", path, errno);
    }

    /// <summary>Looks at what is open.</summary>
    /// <exception cref="KernelException">The call failed.</exception>
    public static unsafe FileStatus OfHandle(SafeFileHandle handle)
    {
        byte empty = 0;
        statx_t result;
        using HandleUse use = new(handle);
        return Libc.statx(use.Descriptor, &empty, AT_EMPTY_PATH, Wanted, &result) == 0
            ? From(result)
            : throw KernelException.Last("statx", $"fd {use.Descriptor}");
    }

    private static FileStatus From(in statx_t result) => new(
        new FileIdentity(
            ((ulong)result.stx_dev_major << 32) | result.stx_dev_minor,
            result.stx_ino,
            (FileKind)(result.stx_mode & 0xF000),
            NodeOf(result)),
        result.stx_mnt_id,
        result.stx_size,
        result.stx_mode & 0xFFFu,
        result.stx_uid,
        result.stx_gid)
    {
        IsMountRoot = (result.stx_attributes & StatxMask.STATX_ATTR_MOUNT_ROOT) != 0,
    };

    private static NodeIdentity NodeOf(in statx_t result) =>
        (FileKind)(result.stx_mode & 0xF000) is FileKind.CharacterDevice or FileKind.BlockDevice
            ? new NodeIdentity(result.stx_rdev_major, result.stx_rdev_minor, result.stx_mode & 0xFFFu, result.stx_uid, result.stx_gid)
            : default;
}
