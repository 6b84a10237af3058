using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>A watcher served by the real event loop and its threads, over a private file system of its own.</summary>
internal sealed class WatchedDirectory : IPathSink, IEventSink, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new("paths");
    private readonly EventLoop _loop;
    private readonly PathWatcher _watcher;
    private readonly IDisposable[] _registrations;
    private readonly object _changed = new();
    private readonly Dictionary<(PathPattern, string), FileIdentity> _present = [];
    private readonly Dictionary<PathPattern, string> _failed = [];
    private readonly HashSet<PathPattern> _scanned = [];
    private readonly List<string> _faults = [];

    internal WatchedDirectory(TimeProvider? time = null)
    {
        Mounts.Tmpfs(_directory.FullPath);
        Mounts.MakePrivate(_directory.FullPath);
        _loop = new EventLoop(this, (name, fault) => _faults.Add($"{name}: {fault}"));
        _watcher = new PathWatcher(this, _loop, time ?? TimeProvider.System);
        _registrations = [_loop.Add(_watcher.Notifications), _loop.Add(_watcher.Mounts)];
        _loop.Start();
    }

    internal string At(string path) => _directory[path];

    internal void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), "");
    }

    /// <summary>Watches, and waits for the end of the first scan.</summary>
    internal PathPattern Watch(string path, bool entries = false)
    {
        PathPattern pattern = WatchUnscanned(path, entries);
        Until(() => _scanned.Contains(pattern), $"{path} scanned");
        return pattern;
    }

    internal PathPattern WatchUnscanned(string path, bool entries = false)
    {
        PathPattern pattern = new(At(path), entries);
        _watcher.Watch(pattern);
        return pattern;
    }

    internal void Unwatch(PathPattern pattern) => _watcher.Unwatch(pattern);

    internal bool IsScanned(PathPattern pattern)
    {
        lock (_changed)
        {
            return _scanned.Contains(pattern);
        }
    }

    /// <summary>Waits until the file that is there now has been reported.</summary>
    internal void UntilPresent(PathPattern pattern, string path) => UntilReported(pattern, path, path);

    internal void UntilAbsent(PathPattern pattern, string path)
    {
        Assert.False(Path.Exists(At(path)));
        UntilReported(pattern, path, null);
    }

    /// <summary>Waits until a path has been reported as leading to a file, by the file's own path; null: as gone.</summary>
    internal void UntilReported(PathPattern pattern, string path, string? file)
    {
        FileIdentity? expected = file is null ? null : FileStatus.OfPath(At(file))!.Value.Identity;
        Until(
            () => _present.TryGetValue((pattern, At(path)), out FileIdentity found) ? found == expected : expected is null,
            $"{path} reported as {expected?.ToString() ?? "gone"}");
    }

    /// <summary>Waits for a reason that holds a text; null: for there being none.</summary>
    internal void UntilFailed(PathPattern pattern, string? reason) => Until(
        () => reason is null ? !_failed.ContainsKey(pattern) : _failed.TryGetValue(pattern, out string? told) && told.Contains(reason, StringComparison.Ordinal),
        $"failure: {reason ?? "none"}");

    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => Change(() => _present[(pattern, path)] = identity);

    public void PathVanished(PathPattern pattern, string path) => Change(() => Assert.True(_present.Remove((pattern, path))));

    public void PatternFailed(PathPattern pattern, string? reason) => Change(() => _ = reason is null ? _failed.Remove(pattern) : (_failed[pattern] = reason) is not null);

    public void PatternScanned(PathPattern pattern) => Change(() => Assert.True(_scanned.Add(pattern)));

    public void Post(SourceEvent sourceEvent) => throw new InvalidOperationException("a path is no event of a plugin");

    public void Dispose()
    {
        try
        {
            Array.ForEach(_registrations, it => it.Dispose());
            _loop.Dispose();
            _watcher.Dispose();
            Assert.Empty(_faults);
        }
        finally
        {
            _directory.Dispose();
        }
    }

    private void Change(Action change)
    {
        lock (_changed)
        {
            change();
            Monitor.PulseAll(_changed);
        }
    }

    private void Until(Func<bool> condition, string what)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        lock (_changed)
        {
            while (!condition())
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_changed, TimeSpan.FromMilliseconds(left)))
                {
                    Assert.Fail($"not within {Patience.TotalSeconds} s: {what}\npresent: {string.Join(", ", _present.Keys)}\n" +
                        $"failed: {string.Join(", ", _failed.Values)}\nfaults: {string.Join(", ", _faults)}");
                }
            }
        }
    }
}
