using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>A file of the container.</summary>
/// <param name="Path">Its path inside.</param>
/// <param name="Content">All of it.</param>
public sealed record FileContent(string Path, byte[] Content) : IMessage<FileContent>
{
    /// <inheritdoc/>
    public void Write(CborWriter writer)
    {
        writer.WriteStartArray(2);
        writer.WriteTextString(Path);
        writer.WriteByteString(Content);
        writer.WriteEndArray();
    }

    /// <inheritdoc/>
    public static FileContent Read(CborReader reader)
    {
        MessageFormat.Begin(reader, 2);
        FileContent message = new(reader.ReadTextString(), reader.ReadByteString());
        reader.ReadEndArray();
        return message;
    }
}
