using System.Buffers.Binary;

namespace ContainerManager.Protocol;

/// <summary>
/// What precedes the bytes of a frame: length (4 bytes), kind (1), three zero bytes, channel (4), the numbers with their lowest byte first.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Channel">Which run it belongs to; 0: the connection itself.</param>
/// <param name="Length">How many bytes follow, 0 to <see cref="LongestBody"/>.</param>
public readonly record struct FrameHeader(FrameKind Kind, uint Channel, int Length)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 12;

    /// <summary>The most bytes that may follow one.</summary>
    public const int LongestBody = 64 * 1024;

    /// <summary>Reads a header, whatever it is.</summary>
    /// <param name="bytes">At least <see cref="Size"/>.</param>
    /// <exception cref="ProtocolException">It is none that we know.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (length > LongestBody)
        {
            throw new ProtocolException($"a frame of {length} bytes: {LongestBody} are the most");
        }

        return kind is > (uint)FrameKind.None and <= (uint)FrameKind.Uevent
            ? new FrameHeader((FrameKind)kind, BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), (int)length)
            : throw new ProtocolException($"a frame of the unknown kind {kind}");
    }

    /// <summary>Writes it.</summary>
    /// <param name="bytes">At least <see cref="Size"/>.</param>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], (uint)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Channel);
    }
}
