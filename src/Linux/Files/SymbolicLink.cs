using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>readlink(2)</summary>
public static class SymbolicLink
{
    /// <summary>What the link says, unresolved.</summary>
    /// <exception cref="KernelException">It is gone, or no longer a link.</exception>
    public static unsafe string Read(string path)
    {
        using PathBytes bytes = new(path);
        const int PathMax = 4096;
        byte* buffer = stackalloc byte[PathMax];
        nint length = Libc.readlinkat(AT_FDCWD, bytes.Pointer, buffer, PathMax);
        return length >= 0 ? FileName.Decode(new ReadOnlySpan<byte>(buffer, (int)length)) : throw KernelException.Last("readlink", path);
    }

    /// <summary>What a link that is open as O_PATH says, unresolved.</summary>
    /// <exception cref="KernelException">It is no link.</exception>
    public static unsafe string Read(SafeFileHandle link)
    {
        const int PathMax = 4096;
        byte empty = 0;
        byte* buffer = stackalloc byte[PathMax];
        using HandleUse use = new(link);
        nint length = Libc.readlinkat(use.Descriptor, &empty, buffer, PathMax);
        return length >= 0 ? FileName.Decode(new ReadOnlySpan<byte>(buffer, (int)length)) : throw KernelException.Last("readlink", $"fd {use.Descriptor}");
    }
}
