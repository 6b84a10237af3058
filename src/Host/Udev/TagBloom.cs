using System.Collections.Immutable;

namespace ContainerManager.Host.Udev;

/// <summary>The Bloom filter over the tags of a device, by which a receiver's socket filter looks for one (systemd, sd-device/device-monitor.c).</summary>
internal static class TagBloom
{
    /// <summary>Four bits of each tag's hash, six bits of it each.</summary>
    internal static ulong Of(ImmutableArray<string> tags)
    {
        ulong bits = 0;
        foreach (string tag in tags)
        {
            uint hash = MurmurHash.Of(tag);
            for (int part = 0; part < 4; part++)
            {
                bits |= 1ul << (int)((hash >> (6 * part)) & 63);
            }
        }

        return bits;
    }
}
