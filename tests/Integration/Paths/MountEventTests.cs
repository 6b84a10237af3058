using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>The moments in which a change of mounts could be lost, taken one by one. Alone: other tests' mounts would come between.</summary>
[Collection(nameof(AloneCollection))]
public sealed class MountEventTests : ILaneScheduler, IPathSink, IEventSink, IDisposable
{
    private readonly TemporaryDirectory _directory = new("mounts");
    private readonly Queue<Lane> _ready = new();
    private readonly Dictionary<string, FileIdentity> _present = [];

    public MountEventTests()
    {
        Mounts.Tmpfs(_directory.FullPath);
        Mounts.MakePrivate(_directory.FullPath);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_change_while_the_last_one_is_being_read_is_an_event_of_its_own()
    {
        using SemaphoreSlim again = new(0);
        Directory.CreateDirectory(_directory["a"]);
        Directory.CreateDirectory(_directory["b"]);
        using EventLoop loop = new(this, (name, fault) => Assert.Fail($"{name}: {fault}"));
        int drains = 0;
        using IDisposable registration = loop.Add(new Changes(() =>
        {
            if (Interlocked.Increment(ref drains) == 1)
            {
                Mounts.Tmpfs(_directory["b"]);
            }
            else
            {
                again.Release();
            }
        }));
        loop.Start();
        Mounts.Tmpfs(_directory["a"]);
        Assert.True(again.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mount_with_the_ids_of_the_last_one_is_seen_though_the_table_looks_the_same(bool anotherChange)
    {
        HandTurnedClock clock = new();
        using PathWatcher watcher = new(this, this, clock);
        Directory.CreateDirectory(_directory["d"]);
        Directory.CreateDirectory(_directory["e"]);
        watcher.Watch(new PathPattern(_directory["d/x"], EntriesOfDirectory: false));
        Mounts.Tmpfs(_directory["d"]);
        File.WriteAllText(_directory["d/x"], "");
        Step(watcher.Mounts, watcher.Notifications);
        Assert.Single(_present);

        // inotify tells of the end of the file system before anybody reads the table.
        Mounts.Unmount(_directory["d"]);
        Step(watcher.Notifications);
        Mounts.Tmpfs(_directory["d"]);
        File.WriteAllText(_directory["d/x"], "");
        if (anotherChange)
        {
            Mounts.Tmpfs(_directory["e"]);
        }

        Step(watcher.Mounts);
        if (anotherChange)
        {
            // The difference is another mount's: nothing speaks of this one until all is scanned.
            clock.RunTimers();
            Step();
        }

        Assert.Equal(FileStatus.OfPath(_directory["d/x"])!.Value.Identity, Assert.Single(_present).Value);
    }

    void ILaneScheduler.Ready(Lane lane) => _ready.Enqueue(lane);

    void IPathSink.PathAppeared(PathPattern pattern, string path, FileIdentity identity) => _present[path] = identity;

    void IPathSink.PathVanished(PathPattern pattern, string path) => _present.Remove(path);

    void IPathSink.PatternFailed(PathPattern pattern, string? reason) => Assert.Fail($"{pattern}: {reason}");

    void IEventSink.Post(SourceEvent sourceEvent) => throw new InvalidOperationException("a path is no event of a plugin");

    /// <summary>Reads sources, one after the other, and does what follows.</summary>
    private void Step(params ReadOnlySpan<IEventSource> sources)
    {
        Run();
        foreach (IEventSource source in sources)
        {
            source.Drain(this);
            Run();
        }

        void Run()
        {
            while (_ready.TryDequeue(out Lane? lane))
            {
                lane.RunOne();
            }
        }
    }

    private sealed class Changes(Action changed) : IEventSource
    {
        private readonly SafeFileHandle _table = File.OpenHandle("/proc/self/mountinfo");

        public string Name => "changes";

        public SafeHandle Handle => _table;

        public EventReadiness Readiness => EventReadiness.Exceptional;

        public void Drain(IEventSink sink) => changed();

        public void Dispose() => _table.Dispose();
    }
}
