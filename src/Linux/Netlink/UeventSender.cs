using System.Runtime.InteropServices;
using ContainerManager.Linux.Namespaces;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Sends uevents to the programs in one network namespace. Those of the udev groups carry the ids that make them root's there; those of
/// the kernel's group the kernel sends for us, and numbers them.
/// </summary>
/// <remarks>Needs CAP_NET_ADMIN and CAP_SYS_ADMIN in the user namespace that owns the network namespace. One thread at a time.</remarks>
public sealed unsafe class UeventSender : IDisposable
{
    /// <summary>The most bytes the kernel takes for its own group (UEVENT_BUFFER_SIZE, less what it adds; lib/kobject_uevent.c).</summary>
    public const int LongestKernelMessage = 2020;

    private readonly SafeFileHandle _socket;

    private UeventSender(SafeFileHandle socket) => _socket = socket;

    /// <summary>Makes a socket in a network namespace; it stays there.</summary>
    /// <exception cref="KernelException">The namespace cannot be entered.</exception>
    public static UeventSender In(SafeFileHandle networkNamespace)
    {
        using SafeFileHandle own = File.OpenHandle("/proc/self/ns/net");
        using HandleUse ownUse = new(own), containerUse = new(networkNamespace);
        SocketFrame frame = new()
        {
            OwnNamespace = ownUse.Descriptor,
            ContainerNamespace = ownUse.Descriptor,
            Type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
        };

        // Once in our own, so that all of it is compiled and bound.
        SocketRoutine.Run(&frame);
        new SafeFileHandle(frame.Socket, ownsHandle: true).Dispose();
        frame.ContainerNamespace = containerUse.Descriptor;
        SocketRoutine.Run(&frame);
        if (frame.Stranded)
        {
            Environment.FailFast("A thread could not leave a container's network namespace.");
        }

        return frame.Socket >= 0
            ? new UeventSender(new SafeFileHandle(frame.Socket, ownsHandle: true))
            : throw new KernelException("socket(NETLINK_KOBJECT_UEVENT)", "the container's network namespace", frame.Error);
    }

    /// <summary>Makes a socket in the network namespace that we are in.</summary>
    /// <exception cref="KernelException">EPERM, EAFNOSUPPORT: a filter of system calls does not allow it.</exception>
    public static UeventSender InOwn()
    {
        int fd = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, Uevents.NETLINK_KOBJECT_UEVENT);
        return fd >= 0
            ? new UeventSender(new SafeFileHandle(fd, ownsHandle: true))
            : throw KernelException.Last("socket(NETLINK_KOBJECT_UEVENT)", "our network namespace");
    }

    /// <summary>Sends a message to a group. It does not matter whether anybody listens.</summary>
    /// <param name="group">The group, not the kernel's.</param>
    /// <param name="message">As it shall arrive.</param>
    /// <param name="user">The user id, outside, that is root inside.</param>
    /// <param name="groupId">The group id likewise.</param>
    /// <exception cref="KernelException">EPERM: a capability is missing.</exception>
    public void Send(UeventGroup group, ReadOnlySpan<byte> message, uint user, uint groupId)
    {
        Control control = ControlOf(user, groupId);
        sockaddr_nl address = new() { nl_family = (ushort)AF_NETLINK, nl_groups = (uint)group };
        fixed (byte* bytes = message)
        {
            iovec_t vector = new() { iov_base = bytes, iov_len = (nuint)message.Length };
            Send(&address, &vector, &control, (nuint)sizeof(Control), "group " + (uint)group);
        }
    }

    /// <summary>Has the kernel send an event of its own group.</summary>
    /// <remarks>What arrives carries the sender's ids, as any other message.</remarks>
    /// <param name="message"><c>ACTION@DEVPATH</c>, then each property, all ended by a zero byte; at most <see cref="LongestKernelMessage"/> bytes, without SEQNUM.</param>
    /// <param name="user">As for <see cref="Send(UeventGroup, ReadOnlySpan{byte}, uint, uint)"/>.</param>
    /// <param name="groupId">Likewise.</param>
    /// <exception cref="KernelException">EINVAL: it is too long, or malformed. EPERM: a capability is missing.</exception>
    public void SendAsKernel(ReadOnlySpan<byte> message, uint user, uint groupId)
    {
        Control control = ControlOf(user, groupId);
        Span<byte> request = stackalloc byte[sizeof(nlmsghdr_t) + message.Length];
        nlmsghdr_t header = new()
        {
            nlmsg_len = (uint)request.Length,
            nlmsg_type = Uevents.UEVENT_SEND,
            nlmsg_flags = Uevents.NLM_F_REQUEST | Uevents.NLM_F_ACK,
        };
        MemoryMarshal.Write(request, header);
        message.CopyTo(request[sizeof(nlmsghdr_t)..]);
        sockaddr_nl kernel = new() { nl_family = (ushort)AF_NETLINK };
        fixed (byte* bytes = request)
        {
            iovec_t vector = new() { iov_base = bytes, iov_len = (nuint)request.Length };
            Send(&kernel, &vector, &control, (nuint)sizeof(Control), "kernel's group");
        }

        ReadAnswer();
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static Control ControlOf(uint user, uint group) => new()
    {
        Header = new cmsghdr_t { cmsg_len = (nuint)(sizeof(cmsghdr_t) + sizeof(ucred_t)), cmsg_level = SOL_SOCKET, cmsg_type = Uevents.SCM_CREDENTIALS },
        Credentials = new ucred_t { pid = Environment.ProcessId, uid = user, gid = group },
    };

    private void Send(sockaddr_nl* address, iovec_t* vector, void* control, nuint controlLength, string operand)
    {
        msghdr_t message = new()
        {
            msg_name = address,
            msg_namelen = (uint)sizeof(sockaddr_nl),
            msg_iov = vector,
            msg_iovlen = 1,
            msg_control = control,
            msg_controllen = controlLength,
        };

        // ECONNREFUSED: nobody listens.
        if (Libc.sendmsg(_socket, &message, 0) < 0 && Marshal.GetLastPInvokeError() is int errno && errno != ECONNREFUSED)
        {
            throw new KernelException("sendmsg", $"uevents, {operand}", errno);
        }
    }

    /// <summary>The kernel has answered before sendmsg returns.</summary>
    private void ReadAnswer()
    {
        Answer answer;
        nint length = Libc.read(_socket, (byte*)&answer, (nuint)sizeof(Answer));
        int errno = length < 0 ? Marshal.GetLastPInvokeError() : length >= sizeof(Answer) && answer.Header.nlmsg_type == Uevents.NLMSG_ERROR ? -answer.Error : EIO;
        if (errno != 0)
        {
            throw new KernelException("UEVENT_SEND", "uevents, kernel's group", errno);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        internal cmsghdr_t Header;
        internal ucred_t Credentials;
        internal int Padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Answer
    {
        internal nlmsghdr_t Header;
        internal int Error;
    }
}
