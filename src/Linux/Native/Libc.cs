using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DisableRuntimeMarshalling]

namespace ContainerManager.Linux.Native;

/// <summary>What Tmds.LibC lacks or types too loosely: the calls of the mount API, inotify, pidfd, and those that take handles.</summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    /// <summary>open_tree(2)</summary>
    internal static int open_tree(int dirfd, byte* path, uint flags) => (int)Syscall(SYS.open_tree, dirfd, (nint)path, (nint)flags, 0, 0);

    /// <summary>move_mount(2)</summary>
    internal static int move_mount(int fromDir, byte* from, int toDir, byte* to, uint flags) =>
        (int)Syscall(SYS.move_mount, fromDir, (nint)from, toDir, (nint)to, (nint)flags);

    /// <summary>mount_setattr(2)</summary>
    internal static int mount_setattr(int dirfd, byte* path, uint flags, mount_attr* attributes) =>
        (int)Syscall(SYS.mount_setattr, dirfd, (nint)path, (nint)flags, (nint)attributes, sizeof(mount_attr));

    /// <summary>openat2(2)</summary>
    internal static int openat2(int dirfd, byte* path, open_how* how) =>
        (int)Syscall(SYS.openat2, dirfd, (nint)path, (nint)how, sizeof(open_how), 0);

    /// <summary>pidfd_open(2)</summary>
    internal static int pidfd_open(int pid, uint flags) => (int)Syscall(SYS.pidfd_open, pid, (nint)flags, 0, 0, 0);

    /// <summary>pidfd_send_signal(2)</summary>
    internal static int pidfd_send_signal(int pidfd, int signal) => (int)Syscall(SYS.pidfd_send_signal, pidfd, signal, 0, 0, 0);

    /// <summary>Older than the common numbers of all architectures: __NR_bpf of asm/unistd.h.</summary>
    private static readonly nint BpfCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;

    /// <summary>bpf(2)</summary>
    internal static int bpf(int command, void* attributes, int size) => (int)Syscall(BpfCall, command, (nint)attributes, size, 0, 0);

    /// <summary>__NR_perf_event_open of asm/unistd.h.</summary>
    private static readonly nint PerfCall = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;

    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;
    internal static readonly void* MAP_FAILED = (void*)-1;

    /// <summary>perf_event_open(2)</summary>
    internal static int perf_event_open(void* attributes, int pid, int cpu, int group, uint flags) =>
        (int)Syscall(PerfCall, (nint)attributes, pid, cpu, group, (nint)flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial void* mmap(void* address, nuint length, int protection, int flags, SafeHandle fd, long offset);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int munmap(void* address, nuint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int inotify_add_watch(SafeFileHandle fd, byte* path, uint mask);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int inotify_rm_watch(SafeFileHandle fd, int wd);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint read(SafeHandle fd, byte* buffer, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint write(SafeHandle fd, byte* buffer, nuint count);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int openat(int dirfd, byte* path, int flags, uint mode);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int statx(int dirfd, byte* path, int flags, uint mask, statx_t* result);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint readlinkat(int dirfd, byte* path, byte* buffer, nuint size);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint getdents64(SafeFileHandle fd, byte* buffer, nuint size);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int epoll_ctl(SafeFileHandle epoll, int operation, SafeHandle fd, void* ev);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int epoll_wait(SafeFileHandle epoll, void* events, int count, int timeout);

    /// <summary>A call interrupted by a signal handler is repeated; nothing was done.</summary>
    internal static bool Interrupted(nint result) => result < 0 && Marshal.GetLastPInvokeError() == Tmds.Linux.LibC.EINTR;
}
