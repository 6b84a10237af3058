using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>File systems: mounting new ones, changing the root, making what is in them; and the network interface's flags.</summary>
internal static unsafe partial class Libc
{
    /// <summary>fsopen(2)</summary>
    internal static int fsopen(byte* type, uint flags) => (int)Syscall(SYS.fsopen, (nint)type, (nint)flags, 0, 0, 0);

    /// <summary>fsconfig(2)</summary>
    internal static int fsconfig(int fd, uint command, byte* key, byte* value, int aux) =>
        (int)Syscall(SYS.fsconfig, fd, (nint)command, (nint)key, (nint)value, aux);

    /// <summary>fsmount(2)</summary>
    internal static int fsmount(int fd, uint flags, uint attributes) => (int)Syscall(SYS.fsmount, fd, (nint)flags, (nint)attributes, 0, 0);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int pivot_root(byte* newRoot, byte* putOld);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int umount2(byte* target, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fchdir(SafeHandle fd);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int chdir(byte* path);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int sethostname(byte* name, nuint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int mkdirat(int dirfd, byte* path, uint mode);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int mknodat(int dirfd, byte* path, uint mode, ulong device);

    internal const int FALLOC_FL_KEEP_SIZE = 1;
    internal const int FALLOC_FL_PUNCH_HOLE = 2;

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fallocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int flock(SafeHandle file, int operation);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fchownat(int dirfd, byte* path, uint owner, uint group, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int symlinkat(byte* target, int dirfd, byte* path);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int ioctl(SafeHandle fd, nuint request, void* argument);
}
