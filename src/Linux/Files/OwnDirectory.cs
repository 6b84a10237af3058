using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Makes things in a directory that we fill ourselves, by descriptor. Names are relative to it.</summary>
/// <param name="directory">O_PATH; belongs to the caller.</param>
public sealed class OwnDirectory(SafeFileHandle directory)
{
    /// <summary>Opens a directory as O_PATH, links followed.</summary>
    /// <exception cref="KernelException">ENOENT, ENOTDIR, EACCES.</exception>
    public static unsafe SafeFileHandle Open(string path)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
    }

    /// <summary>Opens a directory so that its descriptor can stand for it in other calls (O_RDONLY).</summary>
    /// <exception cref="KernelException">ENOENT, ENOTDIR, EACCES.</exception>
    public static unsafe SafeFileHandle OpenToRead(string path)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
    }

    /// <summary>Makes a directory; one that is there already is left as it is.</summary>
    /// <exception cref="KernelException">EROFS, EACCES, ENOSPC, …</exception>
    public unsafe void MakeDirectory(string name, uint mode)
    {
        using PathBytes bytes = new(name);
        using HandleUse use = new(directory);
        if (Libc.mkdirat(use.Descriptor, bytes.Pointer, mode) != 0 && Marshal.GetLastPInvokeError() is int errno && errno != EEXIST)
        {
            throw new KernelException("mkdir", name, errno);
        }
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <exception cref="KernelException">EEXIST and as for a directory.</exception>
    public unsafe void MakeLink(string name, string target)
    {
        using PathBytes bytes = new(name), targetBytes = new(target);
        using HandleUse use = new(directory);
        if (Libc.symlinkat(targetBytes.Pointer, use.Descriptor, bytes.Pointer) != 0)
        {
            throw KernelException.Last("symlink", name);
        }
    }

    /// <summary>Makes a file with a text in it.</summary>
    /// <exception cref="KernelException">EEXIST and as for a directory.</exception>
    public unsafe void MakeFile(string name, string text)
    {
        using SafeFileHandle file = CreateFile(name, O_WRONLY, 0x1A4);
        byte[] content = Encoding.UTF8.GetBytes(text);
        fixed (byte* bytes = content)
        {
            if (Libc.write(file, bytes, (nuint)content.Length) != content.Length)
            {
                throw KernelException.Last("write", name);
            }
        }
    }

    /// <summary>Makes a file and keeps it open for appending and reading.</summary>
    /// <exception cref="KernelException">EEXIST and as for a directory.</exception>
    public SafeFileHandle MakeLog(string name) => CreateFile(name, O_RDWR | O_APPEND, 0x1A4);

    /// <summary>Opens something in it as O_PATH, following nothing.</summary>
    /// <exception cref="KernelException">ENOENT.</exception>
    public SafeFileHandle OpenEntry(string name) => RootedPath.OpenEntry(directory, name) ?? throw new KernelException("openat", name, Tmds.Linux.LibC.ENOENT);

    private unsafe SafeFileHandle CreateFile(string name, int flags, uint mode)
    {
        using PathBytes bytes = new(name);
        using HandleUse use = new(directory);
        int fd = Libc.openat(use.Descriptor, bytes.Pointer, flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open(O_CREAT)", name);
    }
}
