using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>sys/socket.h: struct msghdr of recvmsg(2) and sendmsg(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct msghdr_t
{
    internal void* msg_name;
    internal uint msg_namelen;
    internal iovec_t* msg_iov;
    internal nuint msg_iovlen;
    internal void* msg_control;
    internal nuint msg_controllen;
    internal int msg_flags;
}

/// <summary>sys/uio.h: struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct iovec_t
{
    internal void* iov_base;
    internal nuint iov_len;
}

/// <summary>sys/socket.h: struct cmsghdr, without the data that follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct cmsghdr_t
{
    internal nuint cmsg_len;
    internal int cmsg_level;
    internal int cmsg_type;
}

/// <summary>unix(7): struct ucred.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ucred_t
{
    internal int pid;
    internal uint uid;
    internal uint gid;
}

/// <summary>Of linux/netlink.h and bits/socket.h, what uevents need.</summary>
internal static class Uevents
{
    internal const int NETLINK_KOBJECT_UEVENT = 15;
    internal const int SCM_CREDENTIALS = 2;
    internal const int MSG_TRUNC = 0x20;
    internal const ushort NLMSG_ERROR = 2;
    internal const ushort NLM_F_REQUEST = 1;
    internal const ushort NLM_F_ACK = 4;
    internal const ushort UEVENT_SEND = 16;
}
