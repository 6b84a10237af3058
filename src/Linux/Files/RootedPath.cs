using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Paths inside a container, resolved so that nothing in it can lead out: openat2(2) with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS.
/// </summary>
public static class RootedPath
{
    /// <summary>How often a rename that raced with the walk (EAGAIN) is tried again before the container is told off.</summary>
    private const int RaceTries = 64;

    /// <summary>Opens a path as O_PATH without following a symbolic link at its end. Null when there is nothing (ENOENT).</summary>
    /// <param name="root">The root directory to resolve in.</param>
    /// <param name="path">Absolute, as seen inside.</param>
    /// <param name="directory">Require a directory.</param>
    /// <exception cref="KernelException">ELOOP: a magic link, or too many links. ENOTDIR: a component is a file.</exception>
    public static unsafe SafeFileHandle? Open(SafeFileHandle root, string path, bool directory = false)
    {
        using PathBytes bytes = new(path);
        open_how how = new()
        {
            flags = (ulong)(uint)(O_PATH | O_CLOEXEC | (directory ? O_DIRECTORY : O_NOFOLLOW)),
            resolve = Resolve.RESOLVE_IN_ROOT | Resolve.RESOLVE_NO_MAGICLINKS,
        };
        using HandleUse use = new(root);
        int errno = 0;
        for (int i = 0; i < RaceTries; i++)
        {
            int fd = Libc.openat2(use.Descriptor, bytes.Pointer, &how);
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }

            errno = Marshal.GetLastPInvokeError();
            if (errno == ENOENT)
            {
                return null;
            }

            if (errno != EAGAIN && errno != EINTR)
            {
                break;
            }
        }

        throw new KernelException("openat2(RESOLVE_IN_ROOT)", path, errno);
    }

    /// <summary>Opens one name in a directory as O_PATH, without following it. Null when it is not there (ENOENT).</summary>
    /// <exception cref="KernelException">Any other failure.</exception>
    public static unsafe SafeFileHandle? OpenEntry(SafeFileHandle directory, string name)
    {
        using PathBytes bytes = new(name);
        using HandleUse use = new(directory);
        int fd = Libc.openat(use.Descriptor, bytes.Pointer, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
        if (fd >= 0)
        {
            return new SafeFileHandle(fd, ownsHandle: true);
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == ENOENT ? null : throw new KernelException("openat", name, errno);
    }
}
