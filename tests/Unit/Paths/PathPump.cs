using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>A watcher in a directory of its own, with a loop and a scheduler that run when the test says so, on the test's thread.</summary>
internal sealed class PathPump : ILaneScheduler, IEventSink, IDisposable
{
    private const ulong NotificationsReady = 1;
    private const ulong MountsReady = 2;
    private const ulong DeadlineReached = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Queue<Lane> _ready = new();
    private readonly Epoll _epoll = new();
    private readonly EventFd _deadline = new();
    private readonly string _marks;
    private int _marked;

    internal PathPump(TimeProvider? time = null)
    {
        Root = Directory.CreateTempSubdirectory("paths-").FullName;
        _marks = Directory.CreateTempSubdirectory("marks-").FullName;
        Watcher = new PathWatcher(Sink, this, time ?? TimeProvider.System) { Overflowed = () => Overflows++ };
        _epoll.Add(Watcher.Notifications.Handle, (int)Watcher.Notifications.Readiness, NotificationsReady);
        _epoll.Add(Watcher.Mounts.Handle, (int)Watcher.Mounts.Readiness, MountsReady);
        _epoll.Add(_deadline.Handle, (int)EventReadiness.Readable, DeadlineReached);
        Marks = new PathPattern(_marks, EntriesOfDirectory: true);
        Watcher.Watch(Marks);
        RunLanes();
        UnrelatedWatches = Watches();
    }

    /// <summary>An empty directory; removed in the end.</summary>
    internal string Root { get; }

    /// <summary>How often the kernel's queue was full.</summary>
    internal int Overflows { get; private set; }

    internal RecordingSink Sink { get; } = new();

    internal PathWatcher Watcher { get; }

    internal PathPattern Marks { get; }

    /// <summary>Watches that the pump itself needs.</summary>
    internal string[] UnrelatedWatches { get; }

    internal string At(string path) => Root + "/" + path;

    /// <summary>A pattern beneath the root, watched; what is there already has been reported on return.</summary>
    internal PathPattern Watch(string path, bool entries = false)
    {
        PathPattern pattern = new(path.Length == 0 ? Root : At(path), entries);
        Watcher.Watch(pattern);
        RunLanes();
        return pattern;
    }

    /// <summary>Reads events and runs lanes until something is so.</summary>
    internal void Until(Func<bool> condition)
    {
        _ = _deadline.TryTake();
        using Timer timer = new(_ => _deadline.Signal(), null, Patience, Timeout.InfiniteTimeSpan);
        for (RunLanes(); !condition(); RunLanes())
        {
            ReadSome(_epoll.Wait());
        }
    }

    /// <summary>Until all that has happened so far has been seen. Events come in order, so it is enough to see a last one of our own.</summary>
    internal void Settle()
    {
        string mark = $"{_marks}/{(++_marked).ToString(CultureInfo.InvariantCulture)}";
        File.WriteAllText(mark, "");
        Until(() => Sink.Of(Marks).ContainsKey(mark));
        Watcher.Mounts.Drain(this);
        RunLanes();
        Assert.Empty(Sink.Wrong);
    }

    /// <summary>Reads what is there now, and lets the lanes do at most a few pieces of work: a loop in the middle of things.</summary>
    internal void ReadAndRun(int pieces)
    {
        Watcher.Notifications.Drain(this);
        while (pieces-- > 0 && _ready.TryDequeue(out Lane? lane))
        {
            lane.RunOne();
        }
    }

    /// <summary>What the kernel says is watched: the inotify lines of fdinfo (proc_pid_fdinfo(5)), without the mask.</summary>
    internal string[] Watches() =>
        [.. File.ReadLines($"/proc/self/fdinfo/{Watcher.Notifications.Handle.DangerousGetHandle()}").Where(line => line.StartsWith("inotify", StringComparison.Ordinal))];

    internal void RunLanes()
    {
        while (_ready.TryDequeue(out Lane? lane))
        {
            lane.RunOne();
        }
    }

    public void Ready(Lane lane) => _ready.Enqueue(lane);

    public void Post(SourceEvent sourceEvent) => throw new InvalidOperationException("a path is no event of a plugin");

    public void Dispose()
    {
        Watcher.Dispose();
        RunLanes();
        _epoll.Dispose();
        _deadline.Dispose();
        Directory.Delete(Root, recursive: true);
        Directory.Delete(_marks, recursive: true);
    }

    private void ReadSome(ulong token)
    {
        switch (token)
        {
            case NotificationsReady:
                Watcher.Notifications.Drain(this);
                break;
            case MountsReady:
                Watcher.Mounts.Drain(this);
                break;
            default:
                throw new TimeoutException($"not seen within {Patience.TotalSeconds} s");
        }
    }
}
