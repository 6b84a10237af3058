using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>
/// The client is to clone a mount, and to say which id the clone has: the server writes it down before anything in the container changes. What was prepared
/// before and is not mounted by then is dropped.
/// </summary>
/// <param name="From">Where it is, beneath the container's <c>/yacc</c>, such as <c>binds/7</c>.</param>
public sealed record PrepareInside(string From) : IMessage<PrepareInside>
{
    /// <inheritdoc/>
    public static int Members => 1;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer) => writer.WriteTextString(From);

    /// <inheritdoc/>
    public static PrepareInside ReadMembers(CborReader reader) => new(reader.ReadTextString());
}

/// <summary>The client is to mount what it has prepared.</summary>
/// <param name="MountId">The clone's id, as <see cref="InsideAnswer"/> gave it.</param>
/// <param name="Target">An absolute path inside.</param>
/// <param name="Directory">It is a directory.</param>
/// <param name="Replaced">The id of the mount that is there and goes; 0: none.</param>
public sealed record MountInside(ulong MountId, string Target, bool Directory, ulong Replaced) : IMessage<MountInside>
{
    /// <inheritdoc/>
    public static int Members => 4;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteUInt64(MountId);
        writer.WriteTextString(Target);
        writer.WriteBoolean(Directory);
        writer.WriteUInt64(Replaced);
    }

    /// <inheritdoc/>
    public static MountInside ReadMembers(CborReader reader) => new(reader.ReadUInt64(), reader.ReadTextString(), reader.ReadBoolean(), reader.ReadUInt64());
}

/// <summary>The client is to take a mount away, if it is still that one.</summary>
/// <param name="Target">An absolute path inside.</param>
/// <param name="MountId">The kernel's id of it, as <see cref="InsideAnswer"/> gave it.</param>
/// <param name="Made">What was made to mount upon, outermost first; removed as far as it is empty.</param>
public sealed record UnmountInside(string Target, ulong MountId, string[] Made) : IMessage<UnmountInside>
{
    /// <inheritdoc/>
    public static int Members => 3;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteTextString(Target);
        writer.WriteUInt64(MountId);
        MessageFormat.Write(writer, Made);
    }

    /// <inheritdoc/>
    public static UnmountInside ReadMembers(CborReader reader) => new(reader.ReadTextString(), reader.ReadUInt64(), MessageFormat.ReadTexts(reader));
}
