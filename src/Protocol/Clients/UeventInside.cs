using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>The client is to tell the programs in its network namespace of a device.</summary>
/// <param name="Group">Which of them: a group of NETLINK_KOBJECT_UEVENT (netlink(7)), as a bit. 1: those who listen to the kernel, which is to send it.</param>
/// <param name="Message">As they receive it.</param>
public sealed record UeventInside(uint Group, byte[] Message) : IMessage<UeventInside>
{
    /// <inheritdoc/>
    public static int Members => 2;

    /// <inheritdoc/>
    public void WriteMembers(CborWriter writer)
    {
        writer.WriteUInt32(Group);
        writer.WriteByteString(Message);
    }

    /// <inheritdoc/>
    public static UeventInside ReadMembers(CborReader reader) => new(reader.ReadUInt32(), reader.ReadByteString());
}
