using ContainerManager.Protocol;

namespace ContainerManager.Client.Serve;

/// <summary>Bytes as they come, taken out again as frames.</summary>
internal sealed class FrameBuffer
{
    /// <summary>A whole frame, and the beginning of the next.</summary>
    private readonly byte[] _bytes = new byte[2 * (FrameHeader.Size + FrameHeader.LongestBody)];
    private int _start;
    private int _end;

    /// <summary>Where the next bytes go; never empty once all frames were taken.</summary>
    internal Span<byte> Free
    {
        get
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
            return _bytes.AsSpan(_end);
        }
    }

    internal void Filled(int count) => _end += count;

    /// <summary>Its body is valid until <see cref="Free"/>.</summary>
    /// <exception cref="ProtocolException">What comes next is no frame.</exception>
    internal bool TryTake(out Frame frame)
    {
        frame = default;
        if (_end - _start < FrameHeader.Size)
        {
            return false;
        }

        FrameHeader header = FrameHeader.Read(_bytes.AsSpan(_start));
        if (_end - _start < FrameHeader.Size + header.Length)
        {
            return false;
        }

        frame = new Frame(header.Kind, header.Channel, _bytes.AsMemory(_start + FrameHeader.Size, header.Length));
        _start += FrameHeader.Size + header.Length;
        return true;
    }
}
