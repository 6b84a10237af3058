using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Tells of each program that any process of the host executes: the kernel's process connector (linux/cn_proc.h), with a filter in the
/// kernel, so that nothing but executions wakes us. Non-blocking.
/// </summary>
/// <remarks>What it says is a hint: the process may be gone, or another program, when it is looked at.</remarks>
public sealed unsafe class ExecutionEvents : IDisposable
{
    // Instructions of a classic socket filter (linux/bpf_common.h).
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    /// <summary>Room for some thousand events: an execution storm lasts longer than we are kept from running.</summary>
    private const int BufferSize = 4 << 20;

    /// <summary>Subscribes. Whatever is executed from now on is told.</summary>
    /// <exception cref="KernelException">
    /// EPROTONOSUPPORT, ECONNREFUSED: the kernel has no process connector (CONFIG_PROC_EVENTS), or this is not the host's network
    /// namespace. EPERM: CAP_NET_ADMIN is missing. EACCES: this is not the host's process and user namespace.
    /// </exception>
    public ExecutionEvents()
    {
        int fd = Libc.socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, Connector.NETLINK_CONNECTOR);
        Handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("socket(NETLINK_CONNECTOR)", "");
        try
        {
            SetFilter();
            SetBuffer();
            Bind();
            Listen();
        }
        catch
        {
            Handle.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor; readable when there are events.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Adds the processes that executed a program to <paramref name="processIds"/>, in order; reads all there is.</summary>
    /// <returns>False: the queue overflowed and events were lost (ENOBUFS). Look at everything.</returns>
    /// <exception cref="KernelException">The descriptor cannot be read.</exception>
    public bool Read(List<int> processIds)
    {
        bool complete = true;
        while (true)
        {
            Message message;
            nint length = Libc.read(Handle, (byte*)&message, (nuint)sizeof(Message));
            if (length >= sizeof(Message) && message.proc.what == Connector.PROC_EVENT_EXEC)
            {
                processIds.Add(message.proc.process_tgid);
            }

            if (length >= 0 || Libc.Interrupted(length))
            {
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case var errno when errno == EAGAIN:
                    return complete;
                case var errno when errno == ENOBUFS:
                    complete = false;
                    break;
                case var errno:
                    throw new KernelException("read", "process events", errno);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    /// <summary>Lets executions and the answer to <see cref="Listen"/> through. A filter compares in network byte order.</summary>
    private void SetFilter()
    {
        uint what = (uint)(sizeof(nlmsghdr_t) + sizeof(cn_msg));
        sock_filter* program = stackalloc sock_filter[]
        {
            new sock_filter { code = LoadWord, k = what },
            new sock_filter { code = JumpIfEqual, k = InNetworkOrder(Connector.PROC_EVENT_EXEC), jt = 2 },
            new sock_filter { code = JumpIfEqual, k = InNetworkOrder(Connector.PROC_EVENT_NONE), jt = 1 },
            new sock_filter { code = Return, k = 0 },
            new sock_filter { code = Return, k = uint.MaxValue },
        };
        sock_fprog filter = new() { len = 5, filter = program };
        if (Libc.setsockopt(Handle, SOL_SOCKET, SO_ATTACH_FILTER, &filter, (uint)sizeof(sock_fprog)) != 0)
        {
            throw KernelException.Last("setsockopt(SO_ATTACH_FILTER)", "process events");
        }
    }

    /// <summary>A smaller buffer does as well: what is lost is looked for.</summary>
    private void SetBuffer()
    {
        int size = BufferSize;
        _ = Libc.setsockopt(Handle, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(int));
    }

    private void Bind()
    {
        sockaddr_nl address = new() { nl_family = (ushort)AF_NETLINK, nl_groups = Connector.CN_IDX_PROC };
        if (Libc.bind(Handle, &address, (uint)sizeof(sockaddr_nl)) != 0)
        {
            throw KernelException.Last("bind(CN_IDX_PROC)", "process events");
        }
    }

    /// <summary>
    /// The kernel answers before the call returns; it says nothing to a process of another than its first process or user namespace.
    /// </summary>
    private void Listen()
    {
        Request request = new()
        {
            header = new nlmsghdr_t { nlmsg_len = (uint)sizeof(Request), nlmsg_type = Connector.NLMSG_DONE },
            message = new cn_msg { idx = Connector.CN_IDX_PROC, val = Connector.CN_VAL_PROC, len = sizeof(uint) },
            operation = Connector.PROC_CN_MCAST_LISTEN,
        };
        if (Libc.write(Handle, (byte*)&request, (nuint)sizeof(Request)) < 0)
        {
            throw KernelException.Last("write(PROC_CN_MCAST_LISTEN)", "process events");
        }

        Message answer;
        if (Libc.read(Handle, (byte*)&answer, (nuint)sizeof(Message)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            throw new KernelException("PROC_CN_MCAST_LISTEN", "process events", errno == EAGAIN ? EACCES : errno);
        }
    }

    private static uint InNetworkOrder(uint value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Message
    {
        internal nlmsghdr_t header;
        internal cn_msg message;
        internal proc_event proc;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Request
    {
        internal nlmsghdr_t header;
        internal cn_msg message;
        internal uint operation;
    }
}
