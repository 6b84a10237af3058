using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>Takes what the path watcher finds. Called on any thread, for one pattern by one thread at a time, in order.</summary>
internal interface IPathSink
{
    /// <summary>A path that the pattern means is there, or is another file than before.</summary>
    void PathAppeared(PathPattern pattern, string path, FileIdentity identity);

    /// <summary>It is there no longer.</summary>
    void PathVanished(PathPattern pattern, string path);

    /// <summary>The pattern cannot be watched fully, and why (with a remedy); null: it can again.</summary>
    void PatternFailed(PathPattern pattern, string? reason);

    /// <summary>
    /// Once for each pattern: all that was there when the watch began has been reported. Until then a path not reported may be there all
    /// the same; for a pattern that leads into a hung file system this never comes.
    /// </summary>
    void PatternScanned(PathPattern pattern)
    {
    }
}
