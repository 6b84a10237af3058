using System.Buffers.Binary;

namespace ContainerManager.Protocol;

/// <summary>The body of <see cref="FrameKind.Credit"/>: four bytes, the lowest first. It comes with the data, and must cost as little.</summary>
public static class RunCredit
{
    /// <summary>What is given back is given in pieces of this size, or when nothing is held any more.</summary>
    public const int Piece = Frames.Window / 4;

    /// <summary>Makes a frame that gives credit.</summary>
    /// <param name="channel">Which run's.</param>
    /// <param name="bytes">So many bytes more may be sent; above 0.</param>
    /// <param name="body">Four bytes that stay as they are until the frame is written.</param>
    public static Frame Write(uint channel, int bytes, byte[] body)
    {
        BinaryPrimitives.WriteInt32LittleEndian(body, bytes);
        return new Frame(FrameKind.Credit, channel, body);
    }

    /// <summary>Reads it, whatever it is.</summary>
    /// <exception cref="ProtocolException">It gives nothing, or more than a window.</exception>
    public static int Read(ReadOnlySpan<byte> body) =>
        body.Length == sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(body) is > 0 and <= Frames.Window and var bytes
            ? bytes
            : throw new ProtocolException("no credit");
}
