namespace ContainerManager.Host.State;

/// <summary>Somebody in the container has done something to a mount of ours.</summary>
/// <param name="Target">Where it was put.</param>
/// <param name="MountId">Which mount.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Where">Of one that was moved: where it is now.</param>
internal sealed record ForeignChange(string Target, ulong MountId, ForeignChangeKind Kind, string? Where = null);

/// <summary>What can be done to a mount.</summary>
internal enum ForeignChangeKind
{
    /// <summary>It is gone.</summary>
    Unmounted,

    /// <summary>It is elsewhere in the container.</summary>
    Moved,

    /// <summary>A file system was mounted over a directory above it: it is there, and nobody can reach it.</summary>
    Hidden,

    /// <summary>Something else was mounted over it.</summary>
    Covered,

    /// <summary>The container sees it again.</summary>
    WellAgain,
}
