using System.Runtime.InteropServices;
using Tmds.Linux;

namespace ContainerManager.Linux.Native;

/// <summary>Sockets, beyond what .NET's own can do.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Name, SetLastError = true)]
    internal static partial int bind(SafeHandle fd, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int connect(SafeHandle fd, void* address, uint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int setsockopt(SafeHandle fd, int level, int option, void* value, uint length);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint recvmsg(SafeHandle fd, msghdr_t* message, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial nint sendmsg(SafeHandle fd, msghdr_t* message, int flags);

    [LibraryImport(Name, SetLastError = true)]
    internal static partial int poll(pollfd* descriptors, nuint count, int milliseconds);
}
