using System.Buffers.Binary;
using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>
/// Messages one after the other, as the client writes them to its standard output when it is run for the sake of them (<see cref="ClientCommands"/>):
/// each with its length before it, in four bytes, the lowest first. One of length 0 ends a list.
/// </summary>
public sealed class MessageSequence
{
    /// <summary>The most bytes that a message may have.</summary>
    public const int Longest = 4 * 1024 * 1024;

    /// <summary>The end of a list.</summary>
    public static readonly ReadOnlyMemory<byte> EndOfList = new byte[sizeof(int)];

    private byte[] _bytes = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>A message as it is written.</summary>
    public static byte[] Encode<T>(T message)
        where T : IMessage<T>
    {
        CborWriter writer = new();
        MessageFormat.Write(writer, message);
        byte[] bytes = new byte[sizeof(int) + writer.BytesWritten];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, writer.BytesWritten);
        writer.Encode(bytes.AsSpan(sizeof(int)));
        return bytes;
    }

    /// <summary>Takes bytes as they come.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
        {
            byte[] larger = new byte[Math.Max(2 * (_end - _start), _end - _start + bytes.Length)];
            _bytes.AsSpan(_start, _end - _start).CopyTo(larger);
            (_bytes, _start, _end) = (larger, 0, _end - _start);
        }

        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>Takes the next message out. False: it is not complete yet.</summary>
    /// <param name="message">Null: the end of a list.</param>
    /// <exception cref="ProtocolException">What comes next is none.</exception>
    public bool TryTake<T>(out T? message)
        where T : class, IMessage<T>
    {
        message = null;
        if (_end - _start < sizeof(int))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(_start));
        if (length is < 0 or > Longest)
        {
            throw new ProtocolException($"a message of {length} bytes");
        }

        if (_end - _start - sizeof(int) < length)
        {
            return false;
        }

        message = length == 0 ? null : MessageFormat.Read<T>(_bytes.AsMemory(_start + sizeof(int), length));
        _start += sizeof(int) + length;
        return true;
    }
}
