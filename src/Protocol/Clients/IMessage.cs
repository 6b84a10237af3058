using System.Formats.Cbor;

namespace ContainerManager.Protocol;

/// <summary>A message: an array of its members in CBOR (RFC 8949).</summary>
/// <typeparam name="TSelf">The message.</typeparam>
public interface IMessage<TSelf>
    where TSelf : IMessage<TSelf>
{
    /// <summary>How many members it has.</summary>
    static abstract int Members { get; }

    /// <summary>Writes them, one after the other.</summary>
    void WriteMembers(CborWriter writer);

    /// <summary>Reads them.</summary>
    /// <exception cref="CborContentException">It is not well-formed.</exception>
    /// <exception cref="InvalidOperationException">It is another.</exception>
    /// <exception cref="OverflowException">A number is too large.</exception>
    static abstract TSelf ReadMembers(CborReader reader);
}
