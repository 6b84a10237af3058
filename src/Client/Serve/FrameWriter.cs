using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>Writes frames to the server, and waits where it is slow: it always reads, since it never gave more credit than it has room for.</summary>
internal sealed class FrameWriter(SafeFileHandle output)
{
    private readonly byte[] _bytes = new byte[FrameHeader.Size + FrameHeader.LongestBody];

    /// <summary>Where the body of the next frame may be put, for <see cref="WriteBody"/>.</summary>
    internal Span<byte> Body => _bytes.AsSpan(FrameHeader.Size);

    /// <exception cref="IOException">The server is gone.</exception>
    internal void Write(Frame frame)
    {
        frame.Body.Span.CopyTo(Body);
        WriteBody(frame.Kind, frame.Channel, frame.Body.Length);
    }

    /// <summary>Writes a frame whose body is in <see cref="Body"/> already.</summary>
    /// <exception cref="IOException">The server is gone.</exception>
    internal void WriteBody(FrameKind kind, uint channel, int length)
    {
        new FrameHeader(kind, channel, length).Write(_bytes);
        if (!Descriptor.TryWrite(output, _bytes.AsSpan(0, FrameHeader.Size + length)))
        {
            throw new IOException("the server is gone");
        }
    }
}
