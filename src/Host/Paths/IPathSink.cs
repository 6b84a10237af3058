using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>Takes what the path watcher finds. Called on any thread, for one pattern by one thread at a time, in order.</summary>
internal interface IPathSink
{
    /// <summary>A path that the pattern means is there, or is another file than before.</summary>
    void PathAppeared(PathPattern pattern, string path, FileIdentity identity);

    /// <summary>It is there no longer.</summary>
    void PathVanished(PathPattern pattern, string path);

    /// <summary>
    /// Everything that the pattern means was looked at once: what was not reported by now does not exist. Said once for each
    /// <c>Watch</c>, after its first reports; not while the first look hangs.
    /// </summary>
    void PatternScanned(PathPattern pattern);

    /// <summary>The pattern cannot be watched fully, and why (with a remedy); null: it can again.</summary>
    void PatternFailed(PathPattern pattern, string? reason);
}
