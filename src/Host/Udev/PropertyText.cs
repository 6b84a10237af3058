using System.Collections.Immutable;
using System.Text;

namespace ContainerManager.Host.Udev;

/// <summary>Properties as both kinds of messages have them: <c>NAME=value</c>, each ended by a zero byte.</summary>
internal static class PropertyText
{
    /// <summary>More than any device has; a message of 8 KiB could name thousands.</summary>
    private const int Most = 1024;

    /// <summary>Null: it is malformed.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>>? Read(ReadOnlySpan<byte> text)
    {
        ImmutableArray<KeyValuePair<string, string>>.Builder properties = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)0);
            int equals = end < 0 ? -1 : text[..end].IndexOf((byte)'=');
            if (equals <= 0 || properties.Count == Most)
            {
                return null;
            }

            properties.Add(new(Encoding.UTF8.GetString(text[..equals]), Encoding.UTF8.GetString(text[(equals + 1)..end])));
            text = text[(end + 1)..];
        }

        return properties.DrainToImmutable();
    }

    /// <summary>How many bytes <see cref="Write"/> writes.</summary>
    internal static int LengthOf(ReadOnlySpan<KeyValuePair<string, string>> properties)
    {
        int length = 0;
        foreach ((string name, string value) in properties)
        {
            length += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value) + 2;
        }

        return length;
    }

    /// <summary>Writes them, in their order.</summary>
    internal static void Write(ReadOnlySpan<KeyValuePair<string, string>> properties, Span<byte> text)
    {
        foreach ((string name, string value) in properties)
        {
            text = text[Encoding.UTF8.GetBytes(name, text)..];
            text[0] = (byte)'=';
            text = text[(1 + Encoding.UTF8.GetBytes(value, text[1..]))..];
            text[0] = 0;
            text = text[1..];
        }
    }
}
