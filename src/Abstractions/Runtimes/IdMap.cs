using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>How ids inside a user namespace translate to ids outside (user_namespaces(7)).</summary>
/// <param name="Ranges">The lines of the map file, in its order.</param>
public sealed record IdMap(ImmutableArray<IdMapRange> Ranges)
{
    /// <summary>The id outside that stands for <paramref name="inside"/>, or null when it is not mapped.</summary>
    public uint? ToOutside(uint inside)
    {
        foreach (IdMapRange range in Ranges)
        {
            if (inside >= range.Inside && inside - range.Inside < range.Count)
            {
                return range.Outside + (inside - range.Inside);
            }
        }

        return null;
    }

    /// <summary>Whether an id outside stands for any inside.</summary>
    public bool MapsOutside(uint outside)
    {
        foreach (IdMapRange range in Ranges)
        {
            if (outside >= range.Outside && outside - range.Outside < range.Count)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>One line of <c>/proc/PID/uid_map</c>.</summary>
/// <param name="Inside">First id inside the namespace.</param>
/// <param name="Outside">The id outside it stands for.</param>
/// <param name="Count">How many consecutive ids are mapped; at least 1.</param>
public readonly record struct IdMapRange(uint Inside, uint Outside, uint Count);
