using System.Buffers;

namespace ContainerManager.Protocol;

/// <summary>Frames over any duplex stream. One reader at a time; any number of writers.</summary>
/// <param name="stream">Disposed with it.</param>
public sealed class FrameStream(Stream stream) : IAsyncDisposable
{
    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _header = new byte[FrameHeader.Size];

    /// <summary>Reads the next frame; null: the other side has closed the stream between two frames.</summary>
    /// <exception cref="ProtocolException">What came is no frame, or half of one.</exception>
    /// <exception cref="IOException">The stream is broken.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        int got = await stream.ReadAtLeastAsync(_header, FrameHeader.Size, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (got == 0)
        {
            return null;
        }

        if (got < FrameHeader.Size)
        {
            throw new ProtocolException("half a frame");
        }

        FrameHeader header = FrameHeader.Read(_header);
        byte[] body = header.Length == 0 ? [] : new byte[header.Length];
        return await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) == body.Length
            ? new Frame(header.Kind, header.Channel, body)
            : throw new ProtocolException("half a frame");
    }

    /// <summary>Writes a frame, after those that are being written.</summary>
    /// <exception cref="IOException">The stream is broken.</exception>
    public ValueTask WriteAsync(Frame frame, CancellationToken cancellationToken) => WriteAsync(frame, cancellationToken, cancellationToken);

    /// <summary>Writes a frame to a stream that is not the caller's alone: half a frame would end it for all.</summary>
    /// <param name="frame">What.</param>
    /// <param name="toBegin">Gives up as long as nothing of it is written.</param>
    /// <param name="toEnd">Gives up the stream.</param>
    /// <exception cref="IOException">The stream is broken.</exception>
    public async ValueTask WriteAsync(Frame frame, CancellationToken toBegin, CancellationToken toEnd)
    {
        int length = FrameHeader.Size + frame.Body.Length;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        new FrameHeader(frame.Kind, frame.Channel, frame.Body.Length).Write(bytes);
        frame.Body.CopyTo(bytes.AsMemory(FrameHeader.Size));
        await _writing.WaitAsync(toBegin).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(bytes.AsMemory(0, length), toEnd).ConfigureAwait(false);
            await stream.FlushAsync(toEnd).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();
}

/// <summary>A frame.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Channel">Which run it belongs to; 0: the connection itself.</param>
/// <param name="Body">At most <see cref="FrameHeader.LongestBody"/> bytes.</param>
public readonly record struct Frame(FrameKind Kind, uint Channel, ReadOnlyMemory<byte> Body);
