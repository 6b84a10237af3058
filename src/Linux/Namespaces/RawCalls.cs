using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Namespaces;

/// <summary>
/// The C library's functions by address. A call through them binds, loads and allocates nothing, whichever namespace the thread
/// stands in; a P/Invoke could do all three at its first use.
/// </summary>
internal static unsafe class RawCalls
{
    internal static readonly delegate* unmanaged<int, int> unshare;
    internal static readonly delegate* unmanaged<int, int, int> setns;
    internal static readonly delegate* unmanaged<int, int> fchdir;
    internal static readonly delegate* unmanaged<byte*, int> chroot;
    internal static readonly delegate* unmanaged<byte*, int, int> umount2;
    internal static readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint> syscall;
    internal static readonly delegate* unmanaged<int, int, int, int> socket;
    internal static readonly delegate* unmanaged<int, byte*, uint, int> mkdirat;
    internal static readonly delegate* unmanaged<int, byte*, uint, ulong, int> mknodat;
    internal static readonly delegate* unmanaged<int, byte*, int, int> unlinkat;
    internal static readonly delegate* unmanaged<byte*, int, byte*, int> symlinkat;
    internal static readonly delegate* unmanaged<uint*, uint*, int> capget;
    internal static readonly delegate* unmanaged<uint*, uint*, int> capset;
    internal static readonly delegate* unmanaged<uint, int> setfsuid;
    internal static readonly delegate* unmanaged<uint, int> setfsgid;
    internal static readonly delegate* unmanaged[SuppressGCTransition]<int*> errno_location;

    /// <summary>"." and "", each ended by a zero byte.</summary>
    internal static readonly byte* Dot;
    internal static readonly byte* Empty;

    static RawCalls()
    {
        nint libc = NativeLibrary.Load("libc.so.6");
        unshare = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(libc, "unshare");
        setns = (delegate* unmanaged<int, int, int>)NativeLibrary.GetExport(libc, "setns");
        fchdir = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(libc, "fchdir");
        chroot = (delegate* unmanaged<byte*, int>)NativeLibrary.GetExport(libc, "chroot");
        umount2 = (delegate* unmanaged<byte*, int, int>)NativeLibrary.GetExport(libc, "umount2");
        syscall = (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint>)NativeLibrary.GetExport(libc, "syscall");
        socket = (delegate* unmanaged<int, int, int, int>)NativeLibrary.GetExport(libc, "socket");
        mkdirat = (delegate* unmanaged<int, byte*, uint, int>)NativeLibrary.GetExport(libc, "mkdirat");
        mknodat = (delegate* unmanaged<int, byte*, uint, ulong, int>)NativeLibrary.GetExport(libc, "mknodat");
        unlinkat = (delegate* unmanaged<int, byte*, int, int>)NativeLibrary.GetExport(libc, "unlinkat");
        symlinkat = (delegate* unmanaged<byte*, int, byte*, int>)NativeLibrary.GetExport(libc, "symlinkat");
        capget = (delegate* unmanaged<uint*, uint*, int>)NativeLibrary.GetExport(libc, "capget");
        capset = (delegate* unmanaged<uint*, uint*, int>)NativeLibrary.GetExport(libc, "capset");
        setfsuid = (delegate* unmanaged<uint, int>)NativeLibrary.GetExport(libc, "setfsuid");
        setfsgid = (delegate* unmanaged<uint, int>)NativeLibrary.GetExport(libc, "setfsgid");
        errno_location = (delegate* unmanaged[SuppressGCTransition]<int*>)NativeLibrary.GetExport(libc, "__errno_location");
        Dot = (byte*)NativeMemory.Alloc(2);
        Dot[0] = (byte)'.';
        Dot[1] = 0;
        Empty = Dot + 1;
    }
}
