using System.Diagnostics;
using System.Text;

namespace ContainerManager.Linux;

/// <summary>
/// The standard input and output of a program that we have started, as one stream. Disposing it ends the program, and closes the streams of those that it has
/// started, as <c>lxc-attach</c> does, and leaves behind. What it says on its error stream is
/// the reason when it ends and has not answered what was written last.
/// </summary>
public sealed class ChildStream : Stream
{
    /// <summary>As much as a person reads.</summary>
    private const int LongestComplaint = 1024;

    private readonly Process _process;
    private readonly Stream _output;
    private readonly Stream _input;
    private readonly StringBuilder _complaint = new();
    private readonly Task _complaining;
    private bool _answered;
    private int _closed;

    /// <summary>Takes over a program that was started with all three streams redirected.</summary>
    public ChildStream(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        _process = process;
        _output = process.StandardOutput.BaseStream;
        _input = process.StandardInput.BaseStream;
        _complaining = ReadComplaintAsync();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush() => _input.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _input.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    /// <exception cref="IOException">It ended and has not answered but said why.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await _output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0 && !_answered && buffer.Length > 0)
        {
            await _complaining.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_complaint.ToString().Trim() is { Length: > 0 } why)
            {
                throw new IOException(why);
            }
        }

        _answered |= count > 0;
        return count;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _answered = false;
        return _input.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            // First: who has inherited them learns from this that it is over. Process.Dispose closes none that was used.
            _input.Dispose();
            _process.Kill();
            _output.Dispose();
            _process.StandardError.Dispose();
            _process.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task ReadComplaintAsync()
    {
        char[] buffer = new char[LongestComplaint];
        try
        {
            // To its end, so that it never waits for us to read.
            int count;
            while ((count = await _process.StandardError.ReadAsync(buffer.AsMemory()).ConfigureAwait(false)) > 0)
            {
                _complaint.Append(buffer, 0, Math.Min(count, LongestComplaint - _complaint.Length));
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Whoever disposed us does not want to know.
        }
    }
}
