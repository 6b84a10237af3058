using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>A pseudo terminal (pty(7)) of the devpts that is mounted at <c>/dev/pts</c>.</summary>
public sealed unsafe class PseudoTerminal
{
    // asm-generic/ioctls.h, the same on x86-64 and arm64.
    internal const uint TIOCSCTTY = 0x540E;
    private const uint TIOCSWINSZ = 0x5414;
    private const uint TIOCSPTLCK = 0x40045431;
    private const uint TIOCGPTPEER = 0x5441;

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle slave) => (Master, Slave) = (master, slave);

    /// <summary>Our side: what is written is typed, what is read is shown.</summary>
    public SafeFileHandle Master { get; }

    /// <summary>The side of the program.</summary>
    public SafeFileHandle Slave { get; }

    /// <summary>Opens one.</summary>
    /// <exception cref="KernelException">ENOENT: there is no <c>/dev/ptmx</c>, and none in <c>/dev/pts</c>.</exception>
    public static PseudoTerminal Open()
    {
        SafeFileHandle master = OpenMaster();
        int unlock = 0;
        if (Libc.ioctl(master, TIOCSPTLCK, &unlock) != 0)
        {
            KernelException failure = KernelException.Last("ioctl(TIOCSPTLCK)", "/dev/ptmx");
            master.Dispose();
            throw failure;
        }

        // By the master, and not by a path that the container could lead elsewhere.
        int slave = Libc.ioctl(master, TIOCGPTPEER, (void*)(nint)(O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (slave < 0)
        {
            KernelException failure = KernelException.Last("ioctl(TIOCGPTPEER)", "/dev/ptmx");
            master.Dispose();
            throw failure;
        }

        return new PseudoTerminal(master, new SafeFileHandle(slave, ownsHandle: true));
    }

    /// <summary>Sets the size that programs see (struct winsize); they are told by SIGWINCH.</summary>
    /// <param name="terminal">Either side.</param>
    /// <param name="rows">Lines.</param>
    /// <param name="columns">Characters in one.</param>
    public static void SetSize(SafeFileHandle terminal, ushort rows, ushort columns)
    {
        ushort* size = stackalloc ushort[4] { rows, columns, 0, 0 };
        _ = Libc.ioctl(terminal, TIOCSWINSZ, size);
    }

    /// <summary>Makes our standard input the controlling terminal of our session.</summary>
    /// <exception cref="KernelException">ENOTTY: it is no terminal. EPERM: we do not lead a session.</exception>
    public static void BecomeControlling()
    {
        using SafeFileHandle input = new(0, ownsHandle: false);
        if (Libc.ioctl(input, TIOCSCTTY, null) != 0)
        {
            throw KernelException.Last("ioctl(TIOCSCTTY)", "standard input");
        }
    }

    private static SafeFileHandle OpenMaster()
    {
        foreach (string path in (string[])["/dev/ptmx", "/dev/pts/ptmx"])
        {
            using PathBytes bytes = new(path);
            int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }
        }

        throw KernelException.Last("open", "/dev/ptmx and /dev/pts/ptmx");
    }
}
