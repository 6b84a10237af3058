using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>What a program inside would get that opens a path.</summary>
/// <param name="Path">The path inside.</param>
/// <param name="Kind">The S_IFMT part of its mode (inode(7)), after symbolic links; 0: nothing is there.</param>
/// <param name="Mode">Permission bits.</param>
/// <param name="Owner">User id, as seen inside.</param>
/// <param name="Group">Group id, as seen inside.</param>
/// <param name="ReadError">errno of opening it to read, of connecting to a socket; 0: it worked.</param>
/// <param name="WriteError">errno of opening it to write; of a directory: of making something in it.</param>
/// <param name="User">Who has tried.</param>
/// <param name="Groups">The groups of that user.</param>
/// <param name="MountId">The mount that is there, as statx(2) numbers it; 0: nothing is there.</param>
public sealed record ProbeResult(string Path, int Kind, int Mode, uint Owner, uint Group, int ReadError, int WriteError, uint User, uint[] Groups, ulong MountId)
    : IMessage<ProbeResult>
{
    /// <inheritdoc/>
    public static int Members => 10;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteTextString(Path);
        writer.WriteInt32(Kind);
        writer.WriteInt32(Mode);
        writer.WriteUInt32(Owner);
        writer.WriteUInt32(Group);
        writer.WriteInt32(ReadError);
        writer.WriteInt32(WriteError);
        writer.WriteUInt32(User);
        writer.WriteStartArray(Groups.Length);
        Array.ForEach(Groups, writer.WriteUInt32);
        writer.WriteEndArray();
        writer.WriteUInt64(MountId);
    }

    /// <inheritdoc/>
    public static ProbeResult ReadMembers(CborReader reader) => new(
            reader.ReadTextString(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadUInt32(),
            reader.ReadUInt32(),
            reader.ReadInt32(),
            reader.ReadInt32(),
            reader.ReadUInt32(),
            ReadGroups(reader),
            reader.ReadUInt64());

    private static uint[] ReadGroups(CborReader reader)
    {
        List<uint> groups = [];
        reader.ReadStartArray();
        while (reader.PeekState() != CborReaderState.EndArray)
        {
            groups.Add(reader.ReadUInt32());
        }

        reader.ReadEndArray();
        return [.. groups];
    }
}
