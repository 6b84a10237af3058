namespace ContainerManager.Host.Paths;

/// <summary>What a walk cannot watch, and what of it the sink has been told. Touched in the walk's lane only.</summary>
internal sealed class WalkFailures(PathPattern pattern, IPathSink sink)
{
    private readonly HashSet<WalkNode> _failing = [];
    private WalkNode? _shown;
    private string? _told;
    private int _retryable;

    /// <summary>True when something may be better without any event to tell of it: a limit raised, a permission given.</summary>
    internal bool CanRetry => _retryable > 0;

    internal void Set(WalkNode node, string? reason)
    {
        if (node.Failure is null && reason is null)
        {
            return;
        }

        if ((node.Failure is null) != (reason is null) && IsRetryable(node))
        {
            _retryable += reason is null ? -1 : 1;
        }

        node.Failure = reason;
        _ = reason is null ? _failing.Remove(node) : _failing.Add(node);
    }

    /// <summary>What is worth another try.</summary>
    internal List<WalkNode> Retryable() => [.. _failing.Where(IsRetryable)];

    /// <summary>Tells the sink one reason, as long as there is any, and whenever it is another.</summary>
    internal void Report()
    {
        if (_failing.Count == 0 && _told is null)
        {
            return;
        }

        if (_shown is null || !_failing.Contains(_shown))
        {
            _shown = _failing.FirstOrDefault();
        }

        if (_shown?.Failure != _told)
        {
            _told = _shown?.Failure;
            sink.PatternFailed(pattern, _told);
        }
    }

    // A name does not change without an event.
    private static bool IsRetryable(WalkNode node) => Linux.FileName.IsText(node.Name);
}
