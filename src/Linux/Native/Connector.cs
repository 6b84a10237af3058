using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>linux/netlink.h, linux/connector.h, linux/cn_proc.h: the kernel's process events.</summary>
internal static class Connector
{
    internal const int NETLINK_CONNECTOR = 11;
    internal const uint CN_IDX_PROC = 1;
    internal const uint CN_VAL_PROC = 1;
    internal const uint PROC_CN_MCAST_LISTEN = 1;
    internal const uint PROC_EVENT_NONE = 0;
    internal const uint PROC_EVENT_EXEC = 2;
    internal const ushort NLMSG_DONE = 3;
}

/// <summary>netlink(7): struct sockaddr_nl.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sockaddr_nl
{
    internal ushort nl_family;
    internal ushort nl_pad;
    internal uint nl_pid;
    internal uint nl_groups;
}

/// <summary>netlink(7): struct nlmsghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct nlmsghdr_t
{
    internal uint nlmsg_len;
    internal ushort nlmsg_type;
    internal ushort nlmsg_flags;
    internal uint nlmsg_seq;
    internal uint nlmsg_pid;
}

/// <summary>linux/connector.h: struct cn_msg, without the data that follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct cn_msg
{
    internal uint idx;
    internal uint val;
    internal uint seq;
    internal uint ack;
    internal ushort len;
    internal ushort flags;
}

/// <summary>linux/cn_proc.h: struct proc_event, with the exec member of its union; packed to follow <see cref="cn_msg"/> at once.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = 40)]
internal struct proc_event
{
    internal uint what;
    internal uint cpu;
    internal ulong timestamp_ns;
    internal int process_pid;
    internal int process_tgid;
}

/// <summary>linux/filter.h: struct sock_filter, one instruction of a socket filter.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct sock_filter
{
    internal ushort code;
    internal byte jt;
    internal byte jf;
    internal uint k;
}

/// <summary>linux/filter.h: struct sock_fprog.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct sock_fprog
{
    internal ushort len;
    internal sock_filter* filter;
}
