using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>Messages as the bytes of a frame.</summary>
public static class MessageFormat
{
    /// <summary>Makes a frame of a message.</summary>
    /// <exception cref="ArgumentException">It is longer than a frame may be.</exception>
    public static Frame Write<T>(FrameKind kind, uint channel, T message)
        where T : IMessage<T>
    {
        CborWriter writer = new();
        message.Write(writer);
        byte[] body = writer.Encode();
        return body.Length <= FrameHeader.LongestBody
            ? new Frame(kind, channel, body)
            : throw new ArgumentException($"it takes {body.Length} bytes: {FrameHeader.LongestBody} are the most", nameof(message));
    }

    /// <summary>Reads a message, whatever the bytes are.</summary>
    /// <exception cref="ProtocolException">They are none of this kind.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> body)
        where T : IMessage<T>
    {
        try
        {
            CborReader reader = new(body);
            T message = T.Read(reader);
            return reader.BytesRemaining == 0 ? message : throw new ProtocolException($"no {typeof(T).Name}");
        }
        catch (Exception broken) when (broken is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new ProtocolException($"no {typeof(T).Name}", broken);
        }
    }

    /// <summary>Begins to read the array that a message is.</summary>
    internal static void Begin(CborReader reader, int members)
    {
        if (reader.ReadStartArray() != members)
        {
            throw new CborContentException("it has other members");
        }
    }

    /// <summary>Writes a list of texts.</summary>
    internal static void Write(CborWriter writer, string[] texts)
    {
        writer.WriteStartArray(texts.Length);
        Array.ForEach(texts, writer.WriteTextString);
        writer.WriteEndArray();
    }

    /// <summary>Reads a list of texts.</summary>
    internal static string[] ReadTexts(CborReader reader)
    {
        List<string> texts = [];
        reader.ReadStartArray();
        while (reader.PeekState() != CborReaderState.EndArray)
        {
            texts.Add(reader.ReadTextString());
        }

        reader.ReadEndArray();
        return [.. texts];
    }

    /// <summary>Writes a text that may be missing.</summary>
    internal static void WriteOptional(CborWriter writer, string? text)
    {
        if (text is null)
        {
            writer.WriteNull();
        }
        else
        {
            writer.WriteTextString(text);
        }
    }

    /// <summary>Reads a text that may be missing.</summary>
    internal static string? ReadOptional(CborReader reader)
    {
        if (reader.PeekState() == CborReaderState.Null)
        {
            reader.ReadNull();
            return null;
        }

        return reader.ReadTextString();
    }
}
