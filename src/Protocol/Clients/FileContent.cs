using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>A file of the container.</summary>
/// <param name="Path">Its path inside.</param>
/// <param name="Content">All of it.</param>
public sealed record FileContent(string Path, byte[] Content) : IMessage<FileContent>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteTextString(Path);
        writer.WriteByteString(Content);
    }

    /// <inheritdoc/>
    public static FileContent ReadMembers(CborReader reader) => new(reader.ReadTextString(), reader.ReadByteString());
}
