using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>A pipe (pipe2(2)), of which one end is for a program that we start. No other program inherits either.</summary>
/// <param name="ReadEnd">What was written is read here.</param>
/// <param name="WriteEnd">Written to here.</param>
public readonly record struct Pipe(SafeFileHandle ReadEnd, SafeFileHandle WriteEnd)
{
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;

    /// <summary>Makes one.</summary>
    /// <exception cref="KernelException">EMFILE: no descriptor is left.</exception>
    public static unsafe Pipe Create()
    {
        int* ends = stackalloc int[2];
        return Libc.pipe2(ends, O_CLOEXEC) == 0
            ? new Pipe(new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw KernelException.Last("pipe2", "");
    }

    /// <summary>Has reads and writes of an open file return at once, for all who share it (O_NONBLOCK).</summary>
    /// <exception cref="KernelException">The descriptor is closed.</exception>
    public static void SetNonBlocking(SafeFileHandle handle)
    {
        using HandleUse use = new(handle);
        int flags = Libc.fcntl(use.Descriptor, F_GETFL, 0);
        if (flags < 0 || Libc.fcntl(use.Descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        {
            throw KernelException.Last("fcntl(O_NONBLOCK)", "");
        }
    }
}
