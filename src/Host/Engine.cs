using System.Collections.Concurrent;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Devices;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host;

/// <summary>
/// Where everything comes together: an event goes into the state under the one lock, and what follows from it goes to the lanes and to
/// the path watcher. Holds no decision of its own.
/// </summary>
internal sealed class Engine : IPathSink, IEventSink, IDisposable
{
    private readonly Lock _lock = new();
    private readonly HostState _state = new();
    private readonly Plan _plan = new();
    private readonly Dictionary<ContainerId, ContainerLane> _lanes = [];
    private readonly List<Func<HostState, bool>> _probes = [];
    private readonly MountNamespaceEntrance _entrance = new();
    private readonly CloneMaker _clones;
    private readonly Journal _journal;
    private readonly LaneServices _services;
    private readonly Action<StateChange> _onChange;
    private readonly PathWatcher _watcher;

    /// <param name="journal">What an earlier server has left behind.</param>
    /// <param name="stateDirectory">For what must survive: device nodes, what containers were told; mounted upon where that is needed.</param>
    /// <param name="client">The installed client program.</param>
    /// <param name="onChange">Told of every change, under the lock: must return at once.</param>
    /// <param name="onFault">Told of event sources and work that failed.</param>
    /// <param name="measured">As of <see cref="LaneServices"/>.</param>
    /// <param name="overflowed">As of <see cref="PathWatcher.Overflowed"/>.</param>
    internal Engine(
        Journal journal,
        string stateDirectory,
        string client,
        Action<StateChange> onChange,
        Action<string, Exception> onFault,
        Action<Step, bool, TimeSpan> measured,
        Action overflowed)
    {
        _journal = journal;
        _onChange = onChange;
        Loop = new EventLoop(this, onFault);
        StagedNodes nodes = new(Path.Combine(stateDirectory, "nodes"));
        nodes.KeepOnly(journal.MountIds);
        _clones = new CloneMaker(Path.Combine(stateDirectory, "transit"), client, _entrance, nodes);
        DeviceDirectories = new DeviceDirectories(Path.Combine(stateDirectory, "devices"));
        journal.Forgotten += (container, attachments) =>
        {
            // What was kept for it outside of the journal.
            attachments.ToList().ForEach(attachment => nodes.Remove(attachment.MountId));
            DeviceDirectories.Remove(container);
        };
        DeviceListWatch lists = new();
        _services = new LaneServices(Loop, new MountExecutor(_entrance, _clones), Strategies, journal, nodes, DeviceDirectories, lists, InsideMounts.GetValueOrDefault, InsideEvents.GetValueOrDefault, measured, Post);
        _watcher = new PathWatcher(this, Loop, TimeProvider.System) { Overflowed = overflowed };
        Loop.Add(_watcher.Notifications);
        Loop.Add(_watcher.Mounts);
        Loop.Add(lists);
    }

    /// <summary>The threads that do the work.</summary>
    internal EventLoop Loop { get; }

    /// <summary>The ways to mount.</summary>
    internal MountStrategies Strategies { get; } = new();

    /// <summary>Those who mount in containers where we may not enter them.</summary>
    internal ConcurrentDictionary<ContainerId, IInsideMounts> InsideMounts { get; } = new();

    /// <summary>Those who tell of devices there.</summary>
    internal ConcurrentDictionary<ContainerId, IInsideEvents> InsideEvents { get; } = new();

    /// <summary>Where is kept what the devices of containers need.</summary>
    internal DeviceDirectories DeviceDirectories { get; }

    /// <summary>Watches paths, also for others than the engine.</summary>
    internal PathWatcher Paths => _watcher;

    /// <summary>Takes in what happened. Any thread; returns once the pure part is done, not the steps.</summary>
    internal void Post(HostEvent hostEvent)
    {
        lock (_lock)
        {
            _state.Advance(hostEvent, _plan);
            Dispatch();
            _plan.Clear();
            if (hostEvent is HostEvent.StrategiesChanged)
            {
                _lanes.Values.ToList().ForEach(lane => lane.CheckMounts());
            }

            _probes.RemoveAll(probe => probe(_state));
        }
    }

    /// <summary>Has every container's permission for its devices looked at again.</summary>
    internal void CheckPermissions()
    {
        lock (_lock)
        {
            foreach (ContainerLane lane in _lanes.Values)
            {
                lane.CheckPermission();
            }
        }
    }

    /// <summary>Reads the state at one moment.</summary>
    internal T Read<T>(Func<HostState, T> read)
    {
        lock (_lock)
        {
            return read(_state);
        }
    }

    /// <summary>Completes with what <paramref name="look"/> finds in the state, as soon as that is not null.</summary>
    internal Task<T> WhenAsync<T>(Func<HostState, T?> look, CancellationToken cancellationToken)
        where T : class
    {
        TaskCompletionSource<T> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationTokenRegistration registration = cancellationToken.Register(() => found.TrySetCanceled(cancellationToken));
        lock (_lock)
        {
            if (!Probe(_state))
            {
                _probes.Add(Probe);
            }
        }

        return found.Task;

        bool Probe(HostState state)
        {
            bool done = found.Task.IsCompleted || (look(state) is { } result && found.TrySetResult(result));
            if (done)
            {
                registration.Dispose();
            }

            return done;
        }
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => Post(new HostEvent.PathAppeared(pattern, path, identity));

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => Post(new HostEvent.PathVanished(pattern, path));

    /// <inheritdoc/>
    public void PatternScanned(PathPattern pattern) => Post(new HostEvent.PatternScanned(pattern));

    /// <inheritdoc/>
    public void PatternFailed(PathPattern pattern, string? reason) => Post(new HostEvent.PatternFailed(pattern, reason));

    /// <inheritdoc/>
    void IEventSink.Post(SourceEvent sourceEvent)
    {
        switch (sourceEvent)
        {
            case SourceEvent.BindRequested e: Post(Requests.Bind(e)); break;
            case SourceEvent.UnbindRequested e: Post(Requests.Unbind(e)); break;
            default: throw new ArgumentException($"unknown event {sourceEvent.GetType().Name}", nameof(sourceEvent));
        }
    }

    /// <summary>Stops the threads; what is mounted stays.</summary>
    public void Dispose()
    {
        Loop.Dispose();
        _watcher.Dispose();
        _clones.Dispose();
        _journal.Dispose();
    }

    /// <summary>Within the lock, so that each lane gets its steps in the order they were planned; enqueueing does not block.</summary>
    private void Dispatch()
    {
        foreach (PlannedStep planned in _plan.Steps)
        {
            ContainerLane lane = LaneOf(planned.Container);
            if (planned.Step is Step.Close)
            {
                // A next run gets a lane of its own, should this one hang.
                lane.Abandon();
                _lanes.Remove(planned.Container);
            }

            lane.Enqueue(planned.Run, planned.Step, planned.Strategy);
        }

        _plan.Watch.ForEach(_watcher.Watch);
        _plan.Unwatch.ForEach(_watcher.Unwatch);
        _plan.Reexamine.ForEach(again => _watcher.Reexamine(again.Pattern, again.Path));
        _plan.Changes.ForEach(_onChange);
    }

    private ContainerLane LaneOf(ContainerId container)
    {
        if (!_lanes.TryGetValue(container, out ContainerLane? lane))
        {
            _lanes.Add(container, lane = new ContainerLane(container, _services));
        }

        return lane;
    }
}
