using System.Runtime.InteropServices;
using System.Text;

namespace ContainerManager.Linux.Native;

/// <summary>Strings as exec(3) wants them: an array of pointers that ends with null. Freed by disposal.</summary>
internal readonly unsafe ref struct StringVector
{
    internal readonly byte** Pointer;

    internal StringVector(ReadOnlySpan<string> strings)
    {
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)strings.Length + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Length; i++)
        {
            int size = Encoding.UTF8.GetByteCount(strings[i]);
            Pointer[i] = (byte*)NativeMemory.Alloc((nuint)size + 1);
            Encoding.UTF8.GetBytes(strings[i], new Span<byte>(Pointer[i], size));
            Pointer[i][size] = 0;
        }
    }

    public void Dispose()
    {
        for (byte** at = Pointer; *at is not null; at++)
        {
            NativeMemory.Free(*at);
        }

        NativeMemory.Free(Pointer);
    }
}
