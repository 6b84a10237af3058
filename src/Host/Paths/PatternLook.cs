using System.Collections.Concurrent;
using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>Looks once what a pattern means now.</summary>
internal sealed class PatternLook : IPathSink
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, FileIdentity> _found = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _scanned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PatternLook() { }

    /// <returns>What is there; null: a file system did not answer in time.</returns>
    internal static async Task<IReadOnlyDictionary<string, FileIdentity>?> AtAsync(PathWatcher watcher, PathPattern pattern, CancellationToken cancellationToken)
    {
        PatternLook look = new();
        watcher.Watch(pattern, look);
        try
        {
            await look._scanned.Task.WaitAsync(s_limit, cancellationToken);
            return look._found;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            watcher.Unwatch(pattern, look);
        }
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => _found[path] = identity;

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => _found.TryRemove(path, out _);

    /// <inheritdoc/>
    public void PatternFailed(PathPattern pattern, string? reason)
    {
    }

    /// <inheritdoc/>
    public void PatternScanned(PathPattern pattern) => _scanned.TrySetResult();
}
