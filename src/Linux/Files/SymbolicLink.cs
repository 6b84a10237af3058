using ContainerManager.Linux.Native;
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
}
