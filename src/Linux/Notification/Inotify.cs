using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>One inotify(7) instance. Non-blocking.</summary>
public sealed class Inotify : IDisposable
{
    /// <summary>IN_NONBLOCK and IN_CLOEXEC are O_NONBLOCK and O_CLOEXEC (sys/inotify.h).</summary>
    internal const int IN_NONBLOCK = 0x800;
    internal const int IN_CLOEXEC = 0x80000;

    /// <summary>Opens an instance.</summary>
    /// <exception cref="KernelException">EMFILE: <c>fs.inotify.max_user_instances</c> is used up.</exception>
    public Inotify()
    {
        int fd = Libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        Handle = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("inotify_init1", "");
    }

    /// <summary>The descriptor; readable when there are events.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Watches what a path leads to. The same inode gives the same watch descriptor again.</summary>
    /// <returns>The watch descriptor; never reused while the instance lives.</returns>
    /// <exception cref="KernelException">ENOSPC: <c>fs.inotify.max_user_watches</c> is used up. ENOENT, ENOTDIR: nothing to watch.</exception>
    public unsafe int AddWatch(string path, InotifyMask mask)
    {
        using PathBytes bytes = new(path);
        int wd = Libc.inotify_add_watch(Handle, bytes.Pointer, (uint)mask);
        return wd >= 0 ? wd : throw KernelException.Last("inotify_add_watch", path);
    }

    /// <summary>Removes a watch; one that the kernel has removed already is no error.</summary>
    public void RemoveWatch(int watch) => _ = Libc.inotify_rm_watch(Handle, watch);

    /// <summary>Reads what is there into <paramref name="records"/>, which is cleared before.</summary>
    /// <returns>True when the buffer was filled, so that more may be waiting. False: all was read.</returns>
    /// <exception cref="KernelException">The descriptor cannot be read.</exception>
    [SkipLocalsInit]
    public unsafe bool Read(List<InotifyRecord> records)
    {
        records.Clear();
        const int Size = 64 * 1024;
        // One that does not fit is not begun: a record has at most this many bytes (NAME_MAX and its zero byte).
        int longest = sizeof(inotify_event) + 256;
        byte* buffer = stackalloc byte[Size];
        nint length;
        do
        {
            length = Libc.read(Handle, buffer, Size);
        }
        while (Libc.Interrupted(length));

        if (length < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            return errno == EAGAIN ? false : throw new KernelException("read", "inotify", errno);
        }

        for (byte* at = buffer; at < buffer + length;)
        {
            inotify_event* record = (inotify_event*)at;
            byte* name = at + sizeof(inotify_event);
            int nameLength = new ReadOnlySpan<byte>(name, (int)record->len).IndexOf((byte)0);
            records.Add(new InotifyRecord(record->wd, (InotifyMask)record->mask, nameLength <= 0 ? "" : FileName.Decode(new ReadOnlySpan<byte>(name, nameLength))));
            at = name + record->len;
        }

        return length > Size - longest;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}

/// <summary>One record of inotify(7).</summary>
/// <param name="Watch">The watch descriptor; −1 with <see cref="InotifyMask.IN_Q_OVERFLOW"/>.</param>
/// <param name="Mask">What happened.</param>
/// <param name="Name">The name in the watched directory (<see cref="FileName"/>); empty when it concerns the directory itself.</param>
public readonly record struct InotifyRecord(int Watch, InotifyMask Mask, string Name);

/// <summary>Bits of inotify(7), linux/inotify.h.</summary>
[Flags]
public enum InotifyMask : uint
{
    /// <summary>Metadata changed.</summary>
    IN_ATTRIB = 0x4,

    /// <summary>A file that was open for writing was closed.</summary>
    IN_CLOSE_WRITE = 0x8,

    /// <summary>A name was moved away.</summary>
    IN_MOVED_FROM = 0x40,

    /// <summary>A name was moved here, perhaps over another.</summary>
    IN_MOVED_TO = 0x80,

    /// <summary>A name was made.</summary>
    IN_CREATE = 0x100,

    /// <summary>A name was unlinked.</summary>
    IN_DELETE = 0x200,

    /// <summary>The watched directory was removed.</summary>
    IN_DELETE_SELF = 0x400,

    /// <summary>The watched directory was moved.</summary>
    IN_MOVE_SELF = 0x800,

    /// <summary>The file system was unmounted.</summary>
    IN_UNMOUNT = 0x2000,

    /// <summary>The queue was full and events were lost.</summary>
    IN_Q_OVERFLOW = 0x4000,

    /// <summary>The watch has ended.</summary>
    IN_IGNORED = 0x8000,

    /// <summary>Watch only directories; ENOTDIR otherwise.</summary>
    IN_ONLYDIR = 0x1000000,

    /// <summary>Do not follow a symbolic link.</summary>
    IN_DONT_FOLLOW = 0x2000000,

    /// <summary>Add to the mask of a watch instead of replacing it.</summary>
    IN_MASK_ADD = 0x20000000,

    /// <summary>The name is a directory.</summary>
    IN_ISDIR = 0x40000000,
}
