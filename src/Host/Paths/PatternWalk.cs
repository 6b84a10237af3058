using ContainerManager.Host.Events;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Keeps one pattern's findings true. Whoever reads an event leaves a hint here and goes on; all looking at the file system is done in
/// the walk's own lane, so that a pattern which leads into a hung file system holds up nobody else.
/// </summary>
internal sealed class PatternWalk : IDisposable
{
    /// <summary>With more hints than this waiting, one look at everything is cheaper and needs no memory.</summary>
    private const int MostHints = 16384;

    /// <summary>How long until what failed is tried again, when no event says so earlier.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly PathPattern _pattern;
    private readonly IPathSink _sink;
    private readonly Lane _lane;
    private readonly Action _work;
    private readonly WalkTree _tree;
    private readonly ITimer _retryTimer;
    private List<Hint> _hints = [];
    private List<Hint> _underWork = [];
    private List<string>? _doubts;
    private bool _scanAll = true;
    private bool _retry;
    private bool _enqueued;
    private bool _scanned;
    private bool _retryIsDue;
    private volatile bool _stopped;

    internal PatternWalk(PathPattern pattern, WatchTable table, IPathSink sink, ILaneScheduler scheduler, TimeProvider time)
    {
        _pattern = pattern;
        _sink = sink;
        _lane = new Lane(scheduler);
        _work = Work;
        _tree = new WalkTree(pattern, table, sink, this);
        _retryTimer = time.CreateTimer(_ => Retry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True when nobody wants to hear of the pattern any more.</summary>
    internal bool IsStopped => _stopped;

    /// <summary>An entry of a directory may have changed. Returns at once.</summary>
    internal void LookAgain(WalkNode directory, string name)
    {
        lock (_lock)
        {
            Hint hint = new(directory, name);
            if (_scanAll || (_hints.Count > 0 && _hints[^1] == hint))
            {
                return;
            }

            if (_hints.Count < MostHints)
            {
                _hints.Add(hint);
            }
            else
            {
                ScanInsteadOfHints();
            }

            TakeTurn();
        }
    }

    /// <summary>Anything may have changed; the first call begins the walk. Returns at once.</summary>
    internal void ScanAgain()
    {
        lock (_lock)
        {
            ScanInsteadOfHints();
            TakeTurn();
        }
    }

    /// <summary>Somebody did not find what was reported: it is reported again, as being there or as gone. Returns at once.</summary>
    internal void Reexamine(string path)
    {
        lock (_lock)
        {
            (_doubts ??= []).Add(path);
            TakeTurn();
        }
    }

    /// <summary>Ends the walk; its watches go as soon as the lane is free. A report under way may still arrive.</summary>
    public void Dispose()
    {
        _stopped = true;
        _retryTimer.Dispose();
        _lane.Enqueue(_tree.Clear);
    }

    private void Retry()
    {
        lock (_lock)
        {
            _retry = true;
            TakeTurn();
        }
    }

    private void ScanInsteadOfHints()
    {
        _scanAll = true;
        _hints.Clear();
    }

    /// <summary>Puts the work into the lane, unless it waits there already.</summary>
    private void TakeTurn()
    {
        if (!_enqueued && !_stopped)
        {
            _enqueued = true;
            _lane.Enqueue(_work);
        }
    }

    private void Work()
    {
        bool scanAll, retry;
        List<string>? doubts;
        lock (_lock)
        {
            (doubts, _doubts) = (_doubts, null);
            (_hints, _underWork) = (_underWork, _hints);
            (scanAll, _scanAll) = (_scanAll, false);
            (retry, _retry) = (_retry, false);
            _enqueued = false;
        }

        try
        {
            LookAt(scanAll, retry, doubts);
        }
        catch (ObjectDisposedException)
        {
            // The watcher was closed while we looked.
        }
        finally
        {
            _lane.ReportsEarly = false;
            _underWork.Clear();
        }
    }

    private void LookAt(bool scanAll, bool retry, List<string>? doubts)
    {
        if (_stopped)
        {
            return;
        }

        // Only a look at a single last component is over when it has reported; anything else may go on for long, or hang.
        _lane.ReportsEarly = scanAll || retry || doubts is not null || _underWork.Count != 1 || !_tree.IsLast(_underWork[0].Directory);
        _retryIsDue &= !retry;
        if (scanAll)
        {
            _tree.Scan();
        }
        else
        {
            foreach (Hint hint in _underWork)
            {
                _tree.Look(hint.Directory, hint.Name);
            }

            if (retry)
            {
                _tree.Retry();
            }
        }

        doubts?.ForEach(_tree.Reexamine);
        Report();
    }

    private void Report()
    {
        if (_stopped)
        {
            return;
        }

        if (_tree.Failures.CanRetry && !_retryIsDue)
        {
            _retryIsDue = true;
            _retryTimer.Change(RetryAfter, Timeout.InfiniteTimeSpan);
        }

        _tree.Failures.Report();
        if (!_scanned)
        {
            _scanned = true;
            _sink.PatternScanned(_pattern);
        }
    }

    /// <param name="Directory">Whose entry.</param>
    /// <param name="Name">The entry.</param>
    private readonly record struct Hint(WalkNode Directory, string Name);
}
