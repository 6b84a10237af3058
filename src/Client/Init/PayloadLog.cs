using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>
/// What the command writes: <c>/run/payload.log</c>, of which the last mebibyte is kept at least. It passes through a pipe, for the file is in memory, and a
/// service may write for years.
/// </summary>
internal sealed class PayloadLog : IDisposable
{
    private const int Kept = 1 << 20;

    /// <summary>As much as a pipe holds, unless somebody changes it (pipe(7)).</summary>
    private const int InPipe = 1 << 16;

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _file;
    private readonly Pipe _pipe = Pipe.Create();
    private readonly Epoll _written = new();
    private readonly byte[] _buffer = new byte[InPipe];
    private int _sinceTrimmed;

    private PayloadLog(SafeFileHandle file)
    {
        _file = file;
        Pipe.SetNonBlocking(_pipe.ReadEnd);
        _written.Add(_pipe.ReadEnd, Readable, 0);
        new Thread(PassOnAll) { IsBackground = true }.Start();
    }

    /// <summary>The command's standard output and standard error. Disposed when it has them.</summary>
    internal SafeFileHandle Input => _pipe.WriteEnd;

    private static int Readable => Tmds.Linux.LibC.EPOLLIN;

    /// <exception cref="KernelException">There is a file of that name, or it cannot be made.</exception>
    internal static PayloadLog Open()
    {
        using SafeFileHandle run = OwnDirectory.Open("/run");
        return new PayloadLog(new OwnDirectory(run).MakeLog("payload.log"));
    }

    /// <summary>The end of what was written until now, at most so many bytes.</summary>
    internal byte[] End(int limit)
    {
        // No more than was there when the command ended: others that it has started may write without end.
        for (int passedOn = 0, count; passedOn < InPipe && (count = PassOn()) > 0; passedOn += count)
        {
        }

        return Descriptor.ReadEnd(_file, limit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input.Dispose();
        _file.Dispose();
    }

    private void PassOnAll()
    {
        do
        {
            _ = _written.Wait();
        }
        while (PassOn() != 0);
    }

    /// <summary>How many bytes; 0: nobody can write any more; −1: nothing is there now.</summary>
    private int PassOn()
    {
        lock (_lock)
        {
            int count = Descriptor.ReadSome(_pipe.ReadEnd, _buffer);
            if (count > 0)
            {
                // Lost where there is no room for it: the command is not to wait for that.
                _ = Descriptor.TryWrite(_file, _buffer.AsSpan(0, count));
                if ((_sinceTrimmed += count) >= Kept)
                {
                    Descriptor.ForgetAllBut(_file, Kept);
                    _sinceTrimmed = 0;
                }
            }

            return count;
        }
    }
}
