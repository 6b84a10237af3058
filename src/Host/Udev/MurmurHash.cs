using System.Buffers.Binary;
using System.Text;

namespace ContainerManager.Host.Udev;

/// <summary>MurmurHash2 with seed 0, by which udev's messages name words (systemd, basic/MurmurHash2.c; the algorithm is Austin Appleby's).</summary>
internal static class MurmurHash
{
    private const uint Multiplier = 0x5bd1e995;

    internal static uint Of(string word)
    {
        Span<byte> bytes = stackalloc byte[256];
        int count = Encoding.UTF8.GetByteCount(word);
        bytes = count <= bytes.Length ? bytes[..count] : new byte[count];
        Encoding.UTF8.GetBytes(word, bytes);
        return Of(bytes);
    }

    internal static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint hash = (uint)bytes.Length;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            uint part = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Multiplier;
            part ^= part >> 24;
            hash = (hash * Multiplier) ^ (part * Multiplier);
        }

        if (bytes.Length > 0)
        {
            uint rest = 0;
            for (int i = bytes.Length - 1; i >= 0; i--)
            {
                rest = (rest << 8) | bytes[i];
            }

            hash = (hash ^ rest) * Multiplier;
        }

        hash ^= hash >> 13;
        hash *= Multiplier;
        return hash ^ (hash >> 15);
    }
}
