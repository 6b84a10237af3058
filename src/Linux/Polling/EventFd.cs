using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>eventfd(2): a counter that wakes a poll. Non-blocking.</summary>
public sealed class EventFd : IDisposable
{
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_SEMAPHORE = 1;

    /// <summary>Opens one; with <paramref name="semaphore"/> each read takes one signal, otherwise all.</summary>
    /// <exception cref="KernelException">No descriptor is left.</exception>
    public EventFd(bool semaphore = false)
    {
        int fd = Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | (semaphore ? EFD_SEMAPHORE : 0));
        Handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("eventfd", "");
    }

    /// <summary>Readable while the counter is above 0.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Adds one.</summary>
    public unsafe void Signal()
    {
        ulong one = 1;
        _ = Libc.write(Handle, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Takes what is there; false when nothing was.</summary>
    public unsafe bool TryTake()
    {
        ulong value;
        return Libc.read(Handle, (byte*)&value, sizeof(ulong)) == sizeof(ulong);
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
