using System.Runtime.InteropServices;

namespace ContainerManager.Linux.Native;

/// <summary>A path as the kernel wants it: UTF-8, ended by a zero byte, in memory that does not move. Freed by disposal.</summary>
internal readonly unsafe ref struct PathBytes
{
    internal readonly byte* Pointer;

    internal PathBytes(string path)
    {
        int size = FileName.ByteCount(path);
        Pointer = (byte*)NativeMemory.Alloc((nuint)size + 1);
        FileName.Encode(path, new Span<byte>(Pointer, size));
        Pointer[size] = 0;
    }

    public void Dispose() => NativeMemory.Free(Pointer);
}
