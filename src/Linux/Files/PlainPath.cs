using Microsoft.Win32.SafeHandles;
using ContainerManager.Linux.Native;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Paths of the host that mean what they say: openat2(2) with RESOLVE_NO_SYMLINKS.</summary>
public static class PlainPath
{
    /// <summary>What is said to have failed.</summary>
    public const string Call = "openat2(RESOLVE_NO_SYMLINKS)";

    /// <summary>Opens a path as O_PATH.</summary>
    /// <param name="path">Absolute.</param>
    /// <exception cref="KernelException">ELOOP: there is a symbolic link in it, or at its end. ENOENT: there is nothing.</exception>
    public static unsafe SafeFileHandle Open(string path)
    {
        using PathBytes bytes = new(path);

        // Without O_NOFOLLOW, with which a link at the end would be opened itself.
        open_how how = new() { flags = (ulong)(uint)(O_PATH | O_CLOEXEC), resolve = Resolve.RESOLVE_NO_SYMLINKS };
        int fd = Libc.openat2(AT_FDCWD, bytes.Pointer, &how);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last(Call, path);
    }
}
