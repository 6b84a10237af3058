using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>What came of <see cref="PrepareInside"/>, <see cref="MountInside"/>, <see cref="UnmountInside"/> or <see cref="UeventInside"/>.</summary>
/// <param name="Failure">Why nothing did, for a person; null: it is done.</param>
/// <param name="MountId">Of <see cref="PrepareInside"/>: the kernel's id of the clone, which it keeps when it is mounted. 0 after anything else.</param>
/// <param name="SourceGone">It failed since what was to be mounted is gone: another one may be on its way.</param>
public sealed record InsideAnswer(string? Failure, ulong MountId = 0, bool SourceGone = false) : IMessage<InsideAnswer>
{
    /// <inheritdoc/>
    public static int Members => 3;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        MessageFormat.WriteOptional(writer, Failure);
        writer.WriteUInt64(MountId);
        writer.WriteBoolean(SourceGone);
    }

    /// <inheritdoc/>
    public static InsideAnswer ReadMembers(CborReader reader) => new(MessageFormat.ReadOptional(reader), reader.ReadUInt64(), reader.ReadBoolean());
}
