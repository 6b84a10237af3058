using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>The loopback interface of the network namespace we are in (netdevice(7)).</summary>
public static class Loopback
{
    private const int SIOCGIFFLAGS = 0x8913;
    private const int SIOCSIFFLAGS = 0x8914;
    private const short IFF_UP = 1;

    /// <summary>Brings it up; the kernel then gives it its addresses.</summary>
    /// <exception cref="KernelException">EPERM: the namespace is not ours.</exception>
    public static unsafe void BringUp()
    {
        int fd = Libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        using SafeFileHandle socket = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("socket(AF_INET)", "");
        ifreq_t request = default;
        request.ifr_name[0] = (byte)'l';
        request.ifr_name[1] = (byte)'o';
        if (Libc.ioctl(socket, SIOCGIFFLAGS, &request) != 0)
        {
            throw KernelException.Last("ioctl(SIOCGIFFLAGS)", "lo");
        }

        request.ifr_flags |= IFF_UP;
        if (Libc.ioctl(socket, SIOCSIFFLAGS, &request) != 0)
        {
            throw KernelException.Last("ioctl(SIOCSIFFLAGS)", "lo");
        }
    }
}
