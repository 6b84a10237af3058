using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>epoll(7). Several threads may wait on one; a one-shot registration wakes one of them and then sleeps until re-armed.</summary>
public sealed class Epoll : IDisposable
{
    private const int CtlAdd = 1;
    private const int CtlDelete = 2;
    private const int CtlModify = 3;
    private readonly SafeFileHandle _handle;

    /// <summary>sys/epoll.h, EPOLL_PACKED.</summary>
    private static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Opens one.</summary>
    /// <exception cref="KernelException">No descriptor is left.</exception>
    public Epoll()
    {
        int fd = Libc.epoll_create1(EPOLL_CLOEXEC);
        _handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("epoll_create1", "");
    }

    /// <summary>Begins to wait for a descriptor.</summary>
    /// <param name="descriptor">What to wait for.</param>
    /// <param name="events">EPOLLIN, EPOLLPRI, EPOLLONESHOT, … of <c>Tmds.Linux.LibC</c>.</param>
    /// <param name="token">Returned by <see cref="Wait"/>.</param>
    /// <exception cref="KernelException">EPERM: the descriptor cannot be polled.</exception>
    public void Add(SafeHandle descriptor, int events, ulong token) => Control(CtlAdd, descriptor, events, token);

    /// <summary>Changes or re-arms a registration.</summary>
    public void Modify(SafeHandle descriptor, int events, ulong token) => Control(CtlModify, descriptor, events, token);

    /// <summary>Ends a registration.</summary>
    public void Remove(SafeHandle descriptor) => Control(CtlDelete, descriptor, 0, 0);

    /// <summary>Waits for one event; returns its token.</summary>
    /// <exception cref="KernelException">The instance is unusable.</exception>
    public unsafe ulong Wait()
    {
        epoll_event packed = default;
        EpollEventNotPacked notPacked = default;
        int count;
        do
        {
            count = Libc.epoll_wait(_handle, IsPacked ? &packed : (void*)&notPacked, 1, -1);
        }
        while (Libc.Interrupted(count));
        return count == 1 ? (IsPacked ? packed.data : notPacked.Data) : throw KernelException.Last("epoll_wait", "");
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private unsafe void Control(int operation, SafeHandle descriptor, int events, ulong token)
    {
        epoll_event packed = new() { events = (uint)events, data = token };
        EpollEventNotPacked notPacked = new() { Events = (uint)events, Data = token };
        if (Libc.epoll_ctl(_handle, operation, descriptor, IsPacked ? &packed : (void*)&notPacked) != 0)
        {
            throw KernelException.Last("epoll_ctl", $"operation {operation}");
        }
    }
}
