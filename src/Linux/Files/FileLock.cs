using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// A file that one process at a time holds (flock(2)). The kernel lets go of it when that process ends, however it ends.
/// </summary>
/// <remarks>
/// By itself, since the programs are built with System.IO.DisableFileLocking: else .NET would lock, and refuse, whatever it opens, and whoever may read
/// a file of /proc or a container's could keep the server from reading it.
/// </remarks>
public sealed class FileLock : IDisposable
{
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const uint OwnersAlone = 0x180; // 0600
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes it, and makes the file where there is none. Null: another one holds it.</summary>
    /// <exception cref="KernelException">The file cannot be opened or locked.</exception>
    public static unsafe FileLock? TryTake(string path)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, OwnersAlone);
        SafeFileHandle file = fd >= 0 ? new(fd, ownsHandle: true) : throw KernelException.Last("open", path);
        if (Libc.flock(file, LOCK_EX | LOCK_NB) == 0)
        {
            return new FileLock(file);
        }

        KernelException failure = KernelException.Last("flock", path);
        file.Dispose();
        return failure.Errno == EWOULDBLOCK ? null : throw failure;
    }

    /// <summary>Lets go of it. The file stays.</summary>
    public void Dispose() => _file.Dispose();
}
