using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>
/// Our own terminal in raw mode (termios(3)): each key is read as it is typed, and means nothing to the terminal. Disposing puts it back as it was.
/// </summary>
public sealed unsafe class RawTerminal : IDisposable
{
    private readonly SafeFileHandle _terminal;
    private readonly byte[] _before = new byte[Libc.OpaqueSize];
    private int _restored;

    private RawTerminal(SafeFileHandle terminal) => _terminal = terminal;

    /// <summary>Whether a descriptor is a terminal.</summary>
    public static bool IsTerminal(SafeFileHandle descriptor)
    {
        byte* attributes = stackalloc byte[Libc.OpaqueSize];
        return Libc.tcgetattr(descriptor, attributes) == 0;
    }

    /// <summary>Makes it raw.</summary>
    /// <param name="terminal">Stays the caller's.</param>
    /// <exception cref="KernelException">ENOTTY: it is no terminal.</exception>
    public static RawTerminal Enter(SafeFileHandle terminal)
    {
        RawTerminal raw = new(terminal);
        byte* attributes = stackalloc byte[Libc.OpaqueSize];
        if (Libc.tcgetattr(terminal, attributes) != 0)
        {
            throw KernelException.Last("tcgetattr", "the terminal");
        }

        new ReadOnlySpan<byte>(attributes, Libc.OpaqueSize).CopyTo(raw._before);
        Libc.cfmakeraw(attributes);
        return Libc.tcsetattr(terminal, Libc.TCSADRAIN, attributes) == 0 ? raw : throw KernelException.Last("tcsetattr", "the terminal");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _restored, 1) == 0)
        {
            fixed (byte* attributes = _before)
            {
                _ = Libc.tcsetattr(_terminal, Libc.TCSADRAIN, attributes);
            }
        }
    }
}
