using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>A stream socket of unix(7), as a bare descriptor.</summary>
public static class UnixStream
{
    /// <summary>Connects to a listener. Null: nobody listens there.</summary>
    /// <param name="path">At most 107 bytes.</param>
    /// <param name="refused">Why there is none.</param>
    /// <exception cref="KernelException">ENAMETOOLONG; or there is no socket to be had.</exception>
    public static unsafe SafeFileHandle? TryConnect(string path, out KernelException? refused)
    {
        sockaddr_un address = AddressOf(path);
        int fd = Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        SafeFileHandle socket = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("socket", path);
        refused = Libc.connect(socket, &address, (uint)sizeof(sockaddr_un)) == 0 ? null : KernelException.Last("connect", path);
        if (refused is null)
        {
            return socket;
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Whether the other side has closed it: what it wrote before can be read still, but nobody hears an answer.</summary>
    /// <param name="socket">Of this kind.</param>
    public static unsafe bool IsClosedByPeer(SafeHandle socket)
    {
        using HandleUse use = new(socket);
        Tmds.Linux.pollfd polled = new() { fd = use.Descriptor };

        // POLLHUP is reported without being asked for (poll(2)).
        return Libc.poll(&polled, 1, 0) == 1 && (polled.revents & POLLHUP) != 0;
    }

    /// <exception cref="KernelException">ENAMETOOLONG</exception>
    internal static unsafe sockaddr_un AddressOf(string path)
    {
        sockaddr_un address = new() { sun_family = (ushort)AF_UNIX };
        Span<byte> room = new(address.sun_path, sizeof(sockaddr_un) - sizeof(ushort) - 1);
        return Encoding.UTF8.GetByteCount(path) <= room.Length && Encoding.UTF8.GetBytes(path, room) > 0
            ? address
            : throw new KernelException("connect", path, ENAMETOOLONG);
    }
}
