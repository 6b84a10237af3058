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

    internal static byte[] Write(IEnumerable<KeyValuePair<string, string>> properties)
    {
        StringBuilder text = new();
        foreach ((string name, string value) in properties)
        {
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
