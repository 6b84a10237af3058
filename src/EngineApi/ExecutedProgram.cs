using System.Buffers.Binary;

namespace ContainerManager.EngineApi;

/// <summary>
/// The standard streams of a program that an engine runs in a container: what is written goes to the program as it is; what it writes comes in pieces, each
/// after a header of 8 bytes (Engine API, "Stream format"): which stream, three zero bytes, the length with its highest byte first. What it writes to its
/// error stream is for nobody: the program talks over the other two.
/// </summary>
internal sealed class ExecutedProgram(Stream connection) : Stream
{
    private const byte StandardOutput = 1;

    private readonly byte[] _header = new byte[8];
    private int _left;
    private bool _wanted;

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
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_left == 0)
            {
                if (await connection.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken) < _header.Length)
                {
                    return 0;
                }

                _left = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4)), int.MaxValue);
                _wanted = _header[0] == StandardOutput;
                continue;
            }

            int count = await connection.ReadAsync(buffer[..Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= count;
            if (_wanted || count == 0)
            {
                return count;
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            connection.Dispose();
        }

        base.Dispose(disposing);
    }
}
