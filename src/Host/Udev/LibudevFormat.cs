using System.Buffers.Binary;
using System.Collections.Immutable;

namespace ContainerManager.Host.Udev;

/// <summary>
/// The messages that udevd sends and libudev understands (systemd, libsystemd/sd-device/device-monitor.c, struct monitor_netlink_header): a
/// header of 40 bytes, then the properties.
/// </summary>
internal static class LibudevFormat
{
    private const int HeaderLength = 40;
    private const uint Magic = 0xFEEDCAFE;

    /// <summary>The longest message that libudev reads (its buffer, of which the last byte stays free).</summary>
    internal const int Longest = 8192 - 1;

    private static ReadOnlySpan<byte> Prefix => "libudev\0"u8;

    /// <summary>Whether it may be a message of this format.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Prefix);

    /// <summary>Reads a message, whatever it is; null, and why, when it is none.</summary>
    internal static UeventMessage? Read(ReadOnlySpan<byte> bytes, out string? fault)
    {
        if (bytes.Length < HeaderLength || !IsOne(bytes) || BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) != Magic)
        {
            fault = "no message of udev";
            return null;
        }

        uint offset = BitConverter.ToUInt32(bytes[16..]), length = BitConverter.ToUInt32(bytes[20..]);
        if (offset < HeaderLength || offset > bytes.Length || length > bytes.Length - offset)
        {
            fault = "its properties lie outside of it";
            return null;
        }

        if (PropertyText.Read(bytes.Slice((int)offset, (int)length)) is not { } properties)
        {
            fault = "its properties are malformed";
            return null;
        }

        return UeventMessage.Of(properties, out fault);
    }

    /// <summary>Writes a message.</summary>
    /// <param name="properties">In the order in which they shall arrive.</param>
    /// <param name="subsystem">Hashed into the header.</param>
    /// <param name="type">DEVTYPE, likewise; null: none.</param>
    /// <param name="tags">Likewise.</param>
    internal static byte[] Write(ReadOnlySpan<KeyValuePair<string, string>> properties, string subsystem, string? type, ImmutableArray<string> tags)
    {
        byte[] message = new byte[HeaderLength + PropertyText.LengthOf(properties)];
        Span<byte> header = message;
        ulong bloom = TagBloom.Of(tags);
        Prefix.CopyTo(header);
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], Magic);
        BitConverter.TryWriteBytes(header[12..], HeaderLength);
        BitConverter.TryWriteBytes(header[16..], HeaderLength);
        BitConverter.TryWriteBytes(header[20..], message.Length - HeaderLength);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], MurmurHash.Of(subsystem));
        BinaryPrimitives.WriteUInt32BigEndian(header[28..], type is null ? 0 : MurmurHash.Of(type));
        BinaryPrimitives.WriteUInt32BigEndian(header[32..], (uint)(bloom >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(header[36..], (uint)bloom);
        PropertyText.Write(properties, header[HeaderLength..]);
        return message;
    }
}
