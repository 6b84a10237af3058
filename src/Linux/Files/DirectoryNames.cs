using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>getdents64(2)</summary>
public static class DirectoryNames
{
    /// <summary>struct linux_dirent64 (getdents64(2)): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.</summary>
    private const int LengthOffset = 16;
    private const int NameOffset = 19;

    /// <summary>The names in a directory, without <c>.</c> and <c>..</c>, in the kernel's order.</summary>
    /// <exception cref="KernelException">ENOENT: it is gone. ENOTDIR: it is something else, or a symbolic link. EACCES, …</exception>
    public static unsafe List<string> Read(string path)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        using SafeFileHandle directory = fd >= 0 ? new(fd, ownsHandle: true) : throw KernelException.Last("open(O_DIRECTORY)", path);
        List<string> names = [];
        while (ReadSome(directory, path, names))
        {
        }

        return names;
    }

    [SkipLocalsInit]
    private static unsafe bool ReadSome(SafeFileHandle directory, string path, List<string> names)
    {
        const int Size = 32 * 1024;
        byte* buffer = stackalloc byte[Size];
        nint length = Libc.getdents64(directory, buffer, Size);
        if (length < 0)
        {
            throw KernelException.Last("getdents64", path);
        }

        for (byte* at = buffer; at < buffer + length; at += *(ushort*)(at + LengthOffset))
        {
            ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(at + NameOffset);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                names.Add(FileName.Decode(name));
            }
        }

        return length > 0;
    }
}
