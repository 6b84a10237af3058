using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Reads and writes bytes without a stream around them.</summary>
public static class Descriptor
{
    /// <summary>Standard output.</summary>
    public const int StandardOutput = 1;

    /// <summary>Standard error.</summary>
    public const int StandardError = 2;

    /// <summary>Writes a text to a standard stream. What cannot be written is lost.</summary>
    public static void Write(int stream, string text)
    {
        using SafeFileHandle handle = new(stream, ownsHandle: false);
        _ = TryWrite(handle, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Writes all of it, waiting where the other side is slow. False: nobody reads any more, or it cannot be written.</summary>
    public static unsafe bool TryWrite(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint count = Libc.write(handle, start + done, (nuint)(bytes.Length - done));
                if (count < 0 && !Libc.Interrupted(count))
                {
                    return false;
                }

                done += (int)Math.Max(0, count);
            }
        }

        return true;
    }

    /// <summary>Waits for a byte; −1 when the other side is closed or it cannot be read.</summary>
    public static unsafe int ReadByte(SafeFileHandle handle)
    {
        byte value;
        nint count;
        do
        {
            count = Libc.read(handle, &value, 1);
        }
        while (Libc.Interrupted(count));
        return count == 1 ? value : -1;
    }

    /// <summary>
    /// Reads what is there. 0: the other side has closed it, or a terminal's is gone (EIO); −1: nothing is there now (EAGAIN). Any other failure counts as
    /// the end.
    /// </summary>
    public static unsafe int ReadSome(SafeFileHandle handle, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count;
            do
            {
                count = Libc.read(handle, start, (nuint)buffer.Length);
            }
            while (Libc.Interrupted(count));
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() == EAGAIN ? -1 : 0;
        }
    }

    /// <summary>Writes what fits. −1: nothing fits now (EAGAIN); −2: nobody reads any more.</summary>
    public static unsafe int WriteSome(SafeFileHandle handle, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint count;
            do
            {
                count = Libc.write(handle, start, (nuint)bytes.Length);
            }
            while (Libc.Interrupted(count));
            return count >= 0 ? (int)count : Marshal.GetLastPInvokeError() == EAGAIN ? -1 : -2;
        }
    }

    /// <summary>
    /// Reads the beginning of a small file, such as those of /proc, by three calls and without an exception where it is gone. Returns how
    /// many bytes there are, at most the buffer's; −1 when it cannot be read.
    /// </summary>
    public static unsafe int ReadFile(string path, Span<byte> buffer)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDONLY | O_CLOEXEC, 0);
        if (fd < 0)
        {
            return -1;
        }

        using SafeFileHandle file = new(fd, ownsHandle: true);
        fixed (byte* start = buffer)
        {
            return (int)Libc.read(file, start, (nuint)buffer.Length);
        }
    }

    /// <summary>
    /// Gives back what the beginning of a file takes, and leaves its end (fallocate(2), FALLOC_FL_PUNCH_HOLE): what was written there reads as zero bytes. Where
    /// the file system cannot, nothing happens.
    /// </summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="end">How many bytes stay at least.</param>
    public static void ForgetAllBut(SafeFileHandle file, int end)
    {
        const long Page = 4096;
        long beginning = ((long)FileStatus.OfHandle(file).Size - end) / Page * Page;
        if (beginning > 0)
        {
            _ = Libc.fallocate(file, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, 0, beginning);
        }
    }

    /// <summary>The end of an open file, at most <paramref name="limit"/> bytes. Empty when it cannot be read.</summary>
    public static unsafe byte[] ReadEnd(SafeFileHandle file, int limit)
    {
        long size = (long)FileStatus.OfHandle(file).Size;
        byte[] buffer = new byte[Math.Min(size, limit)];
        fixed (byte* start = buffer)
        {
            nint count = Libc.pread(file, start, (nuint)buffer.Length, size - buffer.Length);
            return count == buffer.Length ? buffer : buffer[..(int)Math.Max(0, count)];
        }
    }
}
