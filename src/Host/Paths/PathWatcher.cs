using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Tells a sink what is at the paths that patterns mean, from now on, whatever happens above them. One inotify instance and one open
/// mount table serve all patterns; README.md in this folder explains how.
/// </summary>
internal sealed class PathWatcher : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(PathPattern Pattern, IPathSink Sink), PatternWalk> _walks = [];
    private readonly IPathSink _sink;
    private readonly ILaneScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly WatchTable _table;

    /// <summary>Opens it; nothing is watched yet.</summary>
    /// <param name="sink">Told in the lanes, where no other sink is named.</param>
    /// <param name="scheduler">Runs the lanes, one for each pattern.</param>
    /// <param name="time">Says when what could not be watched is tried again, and when mounts have calmed down.</param>
    /// <exception cref="KernelException">EMFILE: <c>fs.inotify.max_user_instances</c> is used up.</exception>
    internal PathWatcher(IPathSink sink, ILaneScheduler scheduler, TimeProvider time)
    {
        _sink = sink;
        _scheduler = scheduler;
        _time = time;
        Inotify inotify = new();
        _table = new WatchTable(inotify);
        Notifications = new NotificationSource(inotify, _table, ScanAfterOverflow);
        Mounts = new MountSource(_table, ScanAll, time);
    }

    /// <summary>Told when the kernel's queue was full, and everything is looked at again.</summary>
    internal Action Overflowed { get; init; } = static () => { };

    /// <summary>To be waited for and drained by the loop: names that come and go.</summary>
    internal IEventSource Notifications { get; }

    /// <summary>To be waited for and drained by the loop: mounts that come and go.</summary>
    internal IEventSource Mounts { get; }

    /// <summary>Begins to watch; reports what is there already, too. A pattern that is watched already stays as it is. Returns at once.</summary>
    internal void Watch(PathPattern pattern) => Watch(pattern, _sink);

    /// <summary>The same for another sink: it is told of this pattern for itself, whoever else watches it.</summary>
    internal void Watch(PathPattern pattern, IPathSink sink)
    {
        lock (_lock)
        {
            if (!_walks.ContainsKey((pattern, sink)))
            {
                PatternWalk walk = new(pattern, _table, sink, _scheduler, _time);
                _walks.Add((pattern, sink), walk);
                walk.ScanAgain();
            }
        }
    }

    /// <summary>
    /// Somebody did not find what was reported: looks again, and reports a path that is there even when nothing has changed. Returns at once.
    /// </summary>
    internal void Reexamine(PathPattern pattern, string path)
    {
        lock (_lock)
        {
            if (_walks.TryGetValue((pattern, _sink), out PatternWalk? walk))
            {
                walk.Reexamine(path);
            }
        }
    }

    /// <summary>
    /// Ends it. Nothing is reported as vanished; a report under way on another thread may still arrive. Returns at once; the watches go
    /// as soon as the pattern's lane is free.
    /// </summary>
    internal void Unwatch(PathPattern pattern) => Unwatch(pattern, _sink);

    /// <summary>The same for another sink.</summary>
    internal void Unwatch(PathPattern pattern, IPathSink sink)
    {
        PatternWalk? walk;
        lock (_lock)
        {
            _walks.Remove((pattern, sink), out walk);
        }

        walk?.Dispose();
    }

    /// <summary>Ends everything and closes both sources, which no loop may wait for any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (PatternWalk walk in _walks.Values)
            {
                walk.Dispose();
            }

            _walks.Clear();
        }

        Notifications.Dispose();
        Mounts.Dispose();
    }

    private void ScanAfterOverflow()
    {
        Overflowed();
        ScanAll();
    }

    private void ScanAll()
    {
        lock (_lock)
        {
            foreach (PatternWalk walk in _walks.Values)
            {
                walk.ScanAgain();
            }
        }
    }
}
