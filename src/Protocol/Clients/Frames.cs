namespace ContainerManager.Protocol;

/// <summary>The measures of the protocol.</summary>
public static class Frames
{
    /// <summary>Of <see cref="Hello"/> and <see cref="Welcome"/>. Who meets another version ends the connection.</summary>
    public const int Version = 3;

    /// <summary>Bytes that a sender may send on a channel in one direction before the receiver has given credit.</summary>
    public const int Window = 256 * 1024;

    /// <summary>The most channels that may be open at once on one connection.</summary>
    public const int MostChannels = 1024;
}
