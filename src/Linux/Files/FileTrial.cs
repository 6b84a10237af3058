using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>What the kernel answers a program that opens something: errno, or 0. Nothing is waited for and nothing changed.</summary>
public static class FileTrial
{
    private const int R_OK = 4;
    private const int W_OK = 2;

    /// <summary>Opens it (open(2)) and closes it again; a terminal does not become ours.</summary>
    public static unsafe int Open(string path, bool write)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, (write ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        new SafeFileHandle(fd, ownsHandle: true).Dispose();
        return 0;
    }

    /// <summary>Asks by the permissions alone (faccessat(2)), for what must not be opened to try it.</summary>
    public static unsafe int MayOpen(string path, bool write)
    {
        using PathBytes bytes = new(path);
        return Libc.faccessat(AT_FDCWD, bytes.Pointer, write ? W_OK : R_OK, AT_EACCESS) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Connects to a socket of any type (connect(2)) and hangs up. One whose queue is full counts as connected.</summary>
    public static int Connect(string path)
    {
        int errno = EPROTOTYPE;
        foreach (int type in (ReadOnlySpan<int>)[SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET])
        {
            if (errno == EPROTOTYPE)
            {
                errno = Connect(path, type);
            }
        }

        return errno == EAGAIN ? 0 : errno;
    }

    private static unsafe int Connect(string path, int type)
    {
        sockaddr_un address;
        try
        {
            address = UnixStream.AddressOf(path);
        }
        catch (KernelException tooLong)
        {
            return tooLong.Errno;
        }

        int fd = Libc.socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        using SafeFileHandle socket = new(fd, ownsHandle: true);
        return Libc.connect(socket, &address, (uint)sizeof(sockaddr_un)) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }
}
