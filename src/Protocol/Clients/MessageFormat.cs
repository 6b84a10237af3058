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
        Write(writer, message);
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
            T message = Read<T>(reader);
            return reader.BytesRemaining == 0 ? message : throw new ProtocolException($"no {typeof(T).Name}");
        }
        catch (Exception broken) when (broken is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new ProtocolException($"no {typeof(T).Name}", broken);
        }
    }

    /// <summary>Writes a message as the array that it is; also one that is a member of another.</summary>
    internal static void Write<T>(CborWriter writer, T message)
        where T : IMessage<T>
    {
        writer.WriteStartArray(T.Members);
        message.WriteMembers(writer);
        writer.WriteEndArray();
    }

    /// <summary>Reads what <see cref="Write{T}(CborWriter, T)"/> has written.</summary>
    internal static T Read<T>(CborReader reader)
        where T : IMessage<T>
    {
        if (reader.ReadStartArray() != T.Members)
        {
            throw new CborContentException("it has other members");
        }

        T message = T.ReadMembers(reader);
        reader.ReadEndArray();
        return message;
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
