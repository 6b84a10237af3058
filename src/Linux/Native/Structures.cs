using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>System call numbers. Those above 423 are the same on every architecture (asm-generic/unistd.h).</summary>
internal static class SYS
{
    internal const int open_tree = 428;
    internal const int move_mount = 429;
    internal const int pidfd_send_signal = 424;
    internal const int pidfd_open = 434;
    internal const int openat2 = 437;
    internal const int mount_setattr = 442;
    internal const int fsopen = 430;
    internal const int fsconfig = 431;
    internal const int fsmount = 432;
    internal const int close_range = 436;
}

/// <summary>linux/mount.h</summary>
internal static class Mount
{
    internal const uint OPEN_TREE_CLONE = 1;
    internal const uint OPEN_TREE_CLOEXEC = 0x80000;
    internal const uint AT_RECURSIVE = 0x8000;
    internal const uint MOVE_MOUNT_F_EMPTY_PATH = 0x4;
    internal const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    internal const uint MOVE_MOUNT_BENEATH = 0x200;
    internal const ulong MOUNT_ATTR_RDONLY = 0x1;
    internal const ulong MOUNT_ATTR_NOSUID = 0x2;
    internal const ulong MOUNT_ATTR_NODEV = 0x4;
    internal const ulong MOUNT_ATTR_NOEXEC = 0x8;
    internal const ulong MOUNT_ATTR_IDMAP = 0x100000;
    internal const ulong MS_PRIVATE = 1 << 18;
    internal const ulong MS_SHARED = 1 << 20;
    internal const int MNT_DETACH = 2;
    internal const int UMOUNT_NOFOLLOW = 8;
}

/// <summary>linux/mount.h: the calls that make a new file system.</summary>
internal static class FileSystemContext
{
    internal const uint FSOPEN_CLOEXEC = 1;
    internal const uint FSMOUNT_CLOEXEC = 1;
    internal const uint FSCONFIG_SET_FLAG = 0;
    internal const uint FSCONFIG_SET_STRING = 1;
    internal const uint FSCONFIG_CMD_CREATE = 6;
}

/// <summary>linux/sched.h</summary>
internal static class Scheduling
{
    internal const ulong SCHED_FLAG_RESET_ON_FORK = 1;
}

/// <summary>linux/sched/types.h: struct sched_attr; kernels that know less of it take it when the rest is 0. Policy 0 is SCHED_NORMAL.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sched_attr
{
    internal uint size;
    internal uint sched_policy;
    internal ulong sched_flags;
    internal int sched_nice;
    internal uint sched_priority;
    internal ulong sched_runtime;
    internal ulong sched_deadline;
    internal ulong sched_period;
    internal uint sched_util_min;
    internal uint sched_util_max;
}

/// <summary>netdevice(7): struct ifreq, 40 bytes, with the flags member of its union.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal unsafe struct ifreq_t
{
    internal fixed byte ifr_name[16];
    internal short ifr_flags;
}

/// <summary>unix(7): struct sockaddr_un.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct sockaddr_un
{
    internal ushort sun_family;
    internal fixed byte sun_path[108];
}

/// <summary>linux/openat2.h</summary>
internal static class Resolve
{
    internal const ulong RESOLVE_NO_XDEV = 0x01;
    internal const ulong RESOLVE_NO_MAGICLINKS = 0x02;
    internal const ulong RESOLVE_NO_SYMLINKS = 0x04;
    internal const ulong RESOLVE_IN_ROOT = 0x10;
}

/// <summary>linux/stat.h</summary>
internal static class StatxMask
{
    internal const uint STATX_TYPE = 0x1;
    internal const uint STATX_MODE = 0x2;
    internal const uint STATX_UID = 0x8;
    internal const uint STATX_GID = 0x10;
    internal const uint STATX_INO = 0x100;
    internal const uint STATX_SIZE = 0x200;
    internal const uint STATX_MNT_ID = 0x1000;
    internal const uint STATX_MNT_ID_UNIQUE = 0x4000;
    internal const int AT_STATX_DONT_SYNC = 0x4000;
    internal const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;
}

/// <summary>mount_setattr(2): struct mount_attr, version 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct mount_attr
{
    internal ulong attr_set;
    internal ulong attr_clr;
    internal ulong propagation;
    internal ulong userns_fd;
}

/// <summary>openat2(2): struct open_how, version 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct open_how
{
    internal ulong flags;
    internal ulong mode;
    internal ulong resolve;
}

/// <summary>statx(2): struct statx_timestamp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct statx_timestamp
{
    internal long tv_sec;
    internal uint tv_nsec;
    internal int reserved;
}

/// <summary>statx(2): struct statx, 256 bytes; Tmds.LibC's has no stx_mnt_id.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct statx_t
{
    internal uint stx_mask;
    internal uint stx_blksize;
    internal ulong stx_attributes;
    internal uint stx_nlink;
    internal uint stx_uid;
    internal uint stx_gid;
    internal ushort stx_mode;
    private readonly ushort spare0;
    internal ulong stx_ino;
    internal ulong stx_size;
    internal ulong stx_blocks;
    internal ulong stx_attributes_mask;
    internal statx_timestamp stx_atime;
    internal statx_timestamp stx_btime;
    internal statx_timestamp stx_ctime;
    internal statx_timestamp stx_mtime;
    internal uint stx_rdev_major;
    internal uint stx_rdev_minor;
    internal uint stx_dev_major;
    internal uint stx_dev_minor;
    internal ulong stx_mnt_id;
}

/// <summary>inotify(7): struct inotify_event, without the name that follows it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct inotify_event
{
    internal int wd;
    internal uint mask;
    internal uint cookie;
    internal uint len;
}

/// <summary>epoll_ctl(2): struct epoll_event as it is on x86-64, where alone it is packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct epoll_event
{
    internal uint events;
    internal ulong data;
}

/// <summary>epoll_ctl(2): struct epoll_event of all other processors.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EpollEventNotPacked
{
    internal uint Events;
    internal ulong Data;
}
