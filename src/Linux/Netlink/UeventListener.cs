using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Receives uevents (netlink(7), NETLINK_KOBJECT_UEVENT) in our own network namespace. Non-blocking. Who sent a message is told with it: the
/// caller decides whom to believe.
/// </summary>
public sealed unsafe class UeventListener : IDisposable
{
    // Instructions of a classic socket filter (linux/bpf_common.h).
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    /// <summary>As much as systemd-udevd gives its own clients: a burst lasts longer than we are kept from running.</summary>
    private const int BufferSize = 128 << 20;

    /// <summary>Where the header of a udev message has the hash of the subsystem, and the magic number (systemd, sd-device/device-monitor.c).</summary>
    private const uint MagicOffset = 8, SubsystemOffset = 24;

    /// <summary>Joins a group. Whatever is sent from now on is received.</summary>
    /// <param name="group">Whose messages.</param>
    /// <exception cref="KernelException">The kernel has no uevents, or too little memory for the socket.</exception>
    public UeventListener(UeventGroup group)
    {
        int fd = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, Uevents.NETLINK_KOBJECT_UEVENT);
        Handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("socket(NETLINK_KOBJECT_UEVENT)", "");
        try
        {
            Set(SO_PASSCRED, 1);
            if (!TrySet(SO_RCVBUFFORCE, BufferSize))
            {
                Set(SO_RCVBUF, BufferSize);
            }

            sockaddr_nl address = new() { nl_family = (ushort)AF_NETLINK, nl_groups = (uint)group };
            if (Libc.bind(Handle, &address, (uint)sizeof(sockaddr_nl)) != 0)
            {
                throw KernelException.Last("bind", $"uevents of group {(uint)group}");
            }
        }
        catch
        {
            Handle.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor; readable when there are messages.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Lets only udev messages of these subsystems wake us: a filter in the kernel. Empty: all.</summary>
    /// <param name="subsystems">Their hashes (MurmurHash2, as in the header).</param>
    /// <exception cref="KernelException">The kernel refuses the filter.</exception>
    public void Only(ReadOnlySpan<uint> subsystems)
    {
        if (subsystems.IsEmpty)
        {
            int none = 0;
            if (Libc.setsockopt(Handle, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(int)) != 0 && Marshal.GetLastPInvokeError() != ENOENT)
            {
                throw KernelException.Last("setsockopt(SO_DETACH_FILTER)", "uevents");
            }

            return;
        }

        // Jumps are by at most 255 instructions: each comparison is followed by the return that it may need.
        List<sock_filter> program =
        [
            new() { code = LoadWord, k = MagicOffset },
            new() { code = JumpIfEqual, k = 0xFEEDCAFE, jt = 1 },
            new() { code = Return, k = uint.MaxValue },
            new() { code = LoadWord, k = SubsystemOffset },
        ];
        foreach (uint hash in subsystems)
        {
            program.Add(new sock_filter { code = JumpIfEqual, k = hash, jf = 1 });
            program.Add(new sock_filter { code = Return, k = uint.MaxValue });
        }

        program.Add(new sock_filter { code = Return, k = 0 });
        fixed (sock_filter* instructions = CollectionsMarshal.AsSpan(program))
        {
            sock_fprog filter = new() { len = (ushort)program.Count, filter = instructions };
            if (Libc.setsockopt(Handle, SOL_SOCKET, SO_ATTACH_FILTER, &filter, (uint)sizeof(sock_fprog)) != 0)
            {
                throw KernelException.Last("setsockopt(SO_ATTACH_FILTER)", "uevents");
            }
        }
    }

    /// <summary>Takes the next message.</summary>
    /// <param name="buffer">Filled with it.</param>
    /// <returns>Its length and sender; <see cref="ReceivedUevent.None"/>: there is none; <see cref="ReceivedUevent.Overrun"/>: some were lost.</returns>
    /// <exception cref="KernelException">The socket cannot be read.</exception>
    public ReceivedUevent Receive(Span<byte> buffer)
    {
        Control control = default;
        sockaddr_nl sender = default;
        fixed (byte* bytes = buffer)
        {
            iovec_t vector = new() { iov_base = bytes, iov_len = (nuint)buffer.Length };
            msghdr_t message = new()
            {
                msg_name = &sender,
                msg_namelen = (uint)sizeof(sockaddr_nl),
                msg_iov = &vector,
                msg_iovlen = 1,
                msg_control = &control,
                msg_controllen = (nuint)sizeof(Control),
            };
            nint length;
            do
            {
                length = Libc.recvmsg(Handle, &message, 0);
            }
            while (Libc.Interrupted(length));

            if (length < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                return errno == EAGAIN ? ReceivedUevent.None
                    : errno == ENOBUFS ? ReceivedUevent.Overrun
                    : throw new KernelException("recvmsg", "uevents", errno);
            }

            bool known = message.msg_controllen >= (nuint)sizeof(cmsghdr_t) && control.Header.cmsg_level == SOL_SOCKET &&
                control.Header.cmsg_type == Uevents.SCM_CREDENTIALS;
            return new ReceivedUevent(
                UeventReception.Message,
                (int)length,
                (message.msg_flags & Uevents.MSG_TRUNC) != 0,
                (UeventGroup)sender.nl_groups,
                sender.nl_pid,
                known ? control.Credentials.uid : uint.MaxValue);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private void Set(int option, int value)
    {
        if (!TrySet(option, value))
        {
            throw KernelException.Last("setsockopt", "uevents");
        }
    }

    private bool TrySet(int option, int value) => Libc.setsockopt(Handle, SOL_SOCKET, option, &value, sizeof(int)) == 0;

    [StructLayout(LayoutKind.Sequential)]
    private struct Control
    {
        internal cmsghdr_t Header;
        internal ucred_t Credentials;
        internal int Padding;
    }
}

/// <summary>The multicast groups of NETLINK_KOBJECT_UEVENT, as bits.</summary>
[Flags]
public enum UeventGroup : uint
{
    /// <summary>None: the message was sent to us alone.</summary>
    None = 0,

    /// <summary>What the kernel sends.</summary>
    Kernel = 1,

    /// <summary>What udevd sends when it has done its work.</summary>
    Udev = 2,

    /// <summary>What libudev-zero hears.</summary>
    LibudevZero = 4,
}

/// <summary>What came of an attempt to receive.</summary>
public enum UeventReception
{
    /// <summary>There is no message.</summary>
    None,

    /// <summary>Here it is.</summary>
    Message,

    /// <summary>Messages were lost: look at everything.</summary>
    Overrun,
}

/// <summary>A message, and who sent it.</summary>
/// <param name="Reception">What came of it.</param>
/// <param name="Length">Bytes in the buffer.</param>
/// <param name="Truncated">It was longer.</param>
/// <param name="Group">To which group it was sent; none: to us alone.</param>
/// <param name="Port">The sender's port; 0 is the kernel.</param>
/// <param name="User">The sender's user id; the greatest number when it is not known.</param>
public readonly record struct ReceivedUevent(UeventReception Reception, int Length, bool Truncated, UeventGroup Group, uint Port, uint User)
{
    /// <summary>There is no message.</summary>
    public static ReceivedUevent None => default;

    /// <summary>Messages were lost.</summary>
    public static ReceivedUevent Overrun => new(UeventReception.Overrun, 0, false, UeventGroup.None, 0, 0);
}
