using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>Processes: starting, waiting, signals, credentials.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Room enough for glibc's and musl's posix_spawnattr_t (336 bytes), posix_spawn_file_actions_t (80) and sigset_t (128).</summary>
    internal const int OpaqueSize = 512;

    internal const short POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const short POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const short POSIX_SPAWN_SETSID = 0x80;

    /// <summary>close_range(2)</summary>
    internal static int close_range(uint first, uint last, uint flags) =>
        (int)Syscall(SYS.close_range, (nint)first, (nint)last, (nint)flags, 0, 0);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    /// <summary>__NR_execveat of asm/unistd.h.</summary>
    private static readonly nint ExecuteCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 281 : 322;

    /// <summary>execveat(2)</summary>
    internal static int execveat(int dirfd, byte* path, byte** arguments, byte** environment, int flags) =>
        (int)Syscall(ExecuteCall, dirfd, (nint)path, (nint)arguments, (nint)environment, flags);

    /// <summary>__NR_sched_setattr of asm/unistd.h.</summary>
    private static readonly nint SchedulingCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 274 : 314;

    /// <summary>sched_setattr(2)</summary>
    internal static int sched_setattr(int thread, sched_attr* attributes, uint flags) =>
        (int)Syscall(SchedulingCall, thread, (nint)attributes, (nint)flags, 0, 0);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fork();

    [LibraryImport(Name)]
    internal static partial void _exit(int status);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int unshare(int kinds);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int setns(SafeHandle descriptor, int kind);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int chroot(byte* path);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int pipe2(int* ends, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int capget(uint* header, uint* data);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int capset(uint* header, uint* data);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    internal const nint SIG_DFL = 0;

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint signal(int signal, nint handler);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fchown(int fd, uint user, uint group);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int dup3(int from, int to, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint pread(SafeHandle fd, byte* buffer, nuint count, long offset);

    [LibraryImport(Name)]
    internal static partial uint umask(uint mask);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int setgroups(nuint count, uint* groups);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int getgroups(int count, uint* groups);

    [LibraryImport(Name)]
    internal static partial uint setfsuid(uint user);

    [LibraryImport(Name)]
    internal static partial uint setfsgid(uint group);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int setresuid(uint real, uint effective, uint saved);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int setresgid(uint real, uint effective, uint saved);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int faccessat(int dirfd, byte* path, int mode, int flags);

    [LibraryImport(Name)]
    internal static partial int sigemptyset(byte* set);

    [LibraryImport(Name)]
    internal static partial int sigfillset(byte* set);

    // posix_spawn(3) and its family return the error number; errno is not set.
    [LibraryImport(Name)]
    internal static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Name)]
    internal static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Name)]
    internal static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport(Name)]
    internal static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(Name)]
    internal static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport(Name)]
    internal static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport(Name)]
    internal static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport(Name)]
    internal static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport(Name)]
    internal static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);
}
