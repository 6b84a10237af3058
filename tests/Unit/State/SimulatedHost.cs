using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.State;

/// <summary>
/// The state with a host and containers that exist only as dictionaries. Steps are carried out when a test says so, one at a time, as the
/// lanes would; what a kernel would not forgive is an exception.
/// </summary>
internal sealed class SimulatedHost
{
    private readonly Dictionary<PathPattern, Dictionary<string, FileIdentity>> _files = [];
    private readonly Dictionary<ContainerId, Queue<PlannedStep>> _lanes = [];
    private readonly Dictionary<ContainerId, SortedDictionary<string, Attachment>> _mounts = [];
    private readonly Dictionary<ContainerId, SortedDictionary<string, Device>> _told = [];
    private ulong _mountIds;

    internal HostState State { get; } = new();

    internal HashSet<PathPattern> Watched { get; } = [];

    internal List<StateChange> Changes { get; } = [];

    /// <summary>What containers were told of devices, in order: container, action, path.</summary>
    internal List<string> Told { get; } = [];

    internal bool HasSteps => _lanes.Values.Any(lane => lane.Count > 0);

    internal IReadOnlyDictionary<string, Attachment> MountsOf(ContainerId container) => _mounts[container];

    /// <summary>The devices that a container knows of.</summary>
    internal SortedDictionary<string, Device> DevicesToldTo(ContainerId container) =>
        _told.TryGetValue(container, out SortedDictionary<string, Device>? told) ? told : _told[container] = new(StringComparer.Ordinal);

    internal void Send(HostEvent hostEvent)
    {
        Plan plan = new();
        State.Advance(hostEvent, plan);
        Watched.UnionWith(plan.Watch);
        Watched.ExceptWith(plan.Unwatch);
        Changes.AddRange(plan.Changes);
        foreach (PlannedStep step in plan.Steps)
        {
            LaneOf(step.Container).Enqueue(step);
        }

        foreach (PathPattern pattern in plan.Watch)
        {
            Scan(pattern);
        }

        foreach ((PathPattern pattern, string path) in plan.Reexamine)
        {
            Report(pattern, path);
        }
    }

    internal void Put(PathPattern pattern, string path, FileIdentity identity)
    {
        FilesOf(pattern)[path] = identity;
        Report(pattern, path);
    }

    internal void Remove(PathPattern pattern, string path)
    {
        FilesOf(pattern).Remove(path);
        Report(pattern, path);
    }

    internal void Start(string name, int processId, params IEnumerable<Attachment> found)
    {
        ContainerId id = new("test", name);
        _mounts[id] = new SortedDictionary<string, Attachment>(found.ToDictionary(a => a.Target), StringComparer.Ordinal);
        _told.Remove(id);
        Send(new HostEvent.ContainerStarted(new ContainerDescription { Id = id, Name = name, ProcessId = processId }, null));
    }

    /// <summary>Somebody in the container does something to a mount of ours, if there is one (other than a device's node, which the container would miss).</summary>
    internal void Disturb(string name, int which, ForeignChangeKind kind)
    {
        ContainerId id = new("test", name);
        Attachment[] mounts = _mounts.TryGetValue(id, out SortedDictionary<string, Attachment>? all) ? [.. all.Values.Where(mount => !mount.Identity.IsDevice)] : [];
        if (mounts.Length > 0 && State.Containers.FirstOrDefault(container => container.Description.Id == id) is { } running)
        {
            Attachment mount = mounts[which % mounts.Length];
            Send(new HostEvent.MountsChanged(id, running.Run, [new ForeignChange(mount.Target, mount.MountId, kind)]));
        }
    }

    internal void Stop(string name) => Send(new HostEvent.ContainerStopped(new ContainerId("test", name), null));

    /// <summary>Carries out the first step of the n-th busy lane.</summary>
    internal void CarryOutOne(int n, bool fail = false)
    {
        List<Queue<PlannedStep>> busy = [.. _lanes.Values.Where(lane => lane.Count > 0)];
        PlannedStep planned = busy[n % busy.Count].Dequeue();
        switch (planned.Step)
        {
            case Step.Open:
                Send(new HostEvent.ContainerReady(planned.Container, planned.Run, [.. _mounts[planned.Container].Values], GivenDevices.None));
                break;
            case Step.OpenDevices:
                Send(new HostEvent.DevicesOpened(planned.Container, planned.Run, GivenDevices.None));
                break;
            case Step.OnDevice step when State.Containers.Any(c => c.Description.Id == planned.Container && c.Run == planned.Run):
                Send(Do(planned, step));
                break;
            case Step.OnTarget step when State.Containers.Any(c => c.Description.Id == planned.Container && c.Run == planned.Run):
                Send(fail
                    ? new HostEvent.StepFailed(planned.Container, planned.Run, step, "made to fail", SourceMissing: false)
                    : Do(planned, step));
                break;
        }
    }

    internal void Settle()
    {
        for (int steps = 0; HasSteps; steps++)
        {
            Assert.True(steps < 100_000, "the planner does not come to rest");
            CarryOutOne(0);
        }
    }

    private HostEvent.StepSucceeded Do(PlannedStep planned, Step.OnTarget step)
    {
        SortedDictionary<string, Attachment> mounts = _mounts[planned.Container];
        if (step.ConcernsDirectory)
        {
            // What lies on the mount would vanish with it. (On a file nothing can lie; there the kernel refuses one of the two.)
            Assert.DoesNotContain(mounts.Keys, target => target.StartsWith(step.Target + "/", StringComparison.Ordinal));
        }

        Attachment? now = step switch
        {
            Step.Attach a => Mounted(a.Target, a.Desired),
            Step.Replace r => Mounted(r.Target, r.Desired),
            _ => null,
        };
        switch (step)
        {
            case Step.Attach:
                Assert.True(mounts.TryAdd(step.Target, now!), $"mounted twice on {step.Target}");
                break;
            case Step.Replace replace:
                Assert.Equal(replace.Current.MountId, mounts[step.Target].MountId);
                mounts[step.Target] = now!;
                break;
            case Step.Detach detach:
                Assert.Equal(detach.Current.MountId, mounts[step.Target].MountId);
                mounts.Remove(step.Target);
                break;
        }

        return new HostEvent.StepSucceeded(planned.Container, planned.Run, step, now, TimeSpan.Zero);
    }

    private HostEvent.DeviceStepDone Do(PlannedStep planned, Step.OnDevice step)
    {
        DeviceTurn turn = step.Turn;
        SortedDictionary<string, Device> told = DevicesToldTo(planned.Container);
        if (turn.Node is { } node)
        {
            // What a program hears of, it can open: when it comes, and still when it hears that it goes.
            Assert.Equal(node.Path, _mounts[planned.Container][node.Path].Source);
        }

        bool known = told.ContainsKey(turn.Device.Path);
        Assert.Equal(turn.Kind != DeviceTurnKind.Come, known);
        Told.Add($"{planned.Container.Value} {turn.Change.Action} {turn.Device.Path}");
        if (turn.Kind == DeviceTurnKind.Go)
        {
            told.Remove(turn.Device.Path);
        }
        else
        {
            told[turn.Device.Path] = turn.Device;
        }

        return new HostEvent.DeviceStepDone(planned.Container, planned.Run, step, new DeviceOutcome(default, default, default), TimeSpan.Zero);
    }

    private Attachment Mounted(string target, Desired desired) =>
        new(target, desired.Source, desired.Identity, desired.Options, ++_mountIds, ImmutableArray<string>.Empty);

    private void Scan(PathPattern pattern)
    {
        foreach (string path in FilesOf(pattern).Keys)
        {
            Report(pattern, path);
        }

        Send(new HostEvent.PatternScanned(pattern));
    }

    private void Report(PathPattern pattern, string path)
    {
        if (Watched.Contains(pattern))
        {
            Send(FilesOf(pattern).TryGetValue(path, out FileIdentity identity)
                ? new HostEvent.PathAppeared(pattern, path, identity)
                : new HostEvent.PathVanished(pattern, path));
        }
    }

    internal Dictionary<string, FileIdentity> FilesOf(PathPattern pattern) =>
        _files.TryGetValue(pattern, out Dictionary<string, FileIdentity>? files) ? files : _files[pattern] = new(StringComparer.Ordinal);

    private Queue<PlannedStep> LaneOf(ContainerId container) =>
        _lanes.TryGetValue(container, out Queue<PlannedStep>? lane) ? lane : _lanes[container] = new();
}
