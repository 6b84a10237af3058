using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>
/// What another configuration would do, without doing it: the same state and the same planner, begun with what is there now, and every step succeeds.
/// </summary>
internal sealed class Rehearsal
{
    private readonly ImmutableArray<Known> _containers;
    private readonly HostState _state = new();
    private readonly Queue<PlannedStep> _steps = new();
    private readonly List<PathPattern> _unknown = [];

    /// <summary>Takes a copy of the state, which is not held on to; what a step is under way for, or has failed, counts as done.</summary>
    internal Rehearsal(HostState now)
    {
        // In the order of their starts: who came first is the first to be given what one alone can have.
        _containers = [.. now.Containers.Where(container => container is { Unreachable: null, Ready: true }).OrderBy(container => container.Run).Select(Known.Of)];
        foreach ((ContainerKey key, PathRule rule) in now.Requests.Reverse())
        {
            Advance(new HostEvent.BindRequested(key, rule));
        }

        Advance(new HostEvent.ConfigurationChanged(now.Configured, now.Labels));
        foreach (Known container in _containers)
        {
            Advance(new HostEvent.ContainerStarted(container.Description, null));
        }

        // Those of labels are known only when their containers are.
        foreach (PathPattern pattern in _unknown.ToList())
        {
            if (now.Source(pattern) is { Scanned: true } source)
            {
                Show(pattern, source.Paths);
            }
        }

        // What each has is known before devices are given out, so that nobody is given what another has claimed.
        _ = CarryOut();
        foreach (ContainerState container in _state.Containers.Where(container => Find(container.Description.Id).IsEquipped).ToList())
        {
            Advance(new HostEvent.DevicesOpened(container.Description.Id, container.Run, GivenDevices.None));
        }

        if (now.Devices.IsListed)
        {
            Advance(new HostEvent.DevicesListed([.. now.Devices.Devices]));
            _ = CarryOut();
        }
    }

    /// <summary>Puts the configuration in force here; returns the patterns of which is not known what is there.</summary>
    internal ImmutableArray<PathPattern> Begin(ImmutableArray<ContainerRules> wanted, LabelPolicy? labels)
    {
        Advance(new HostEvent.ConfigurationChanged(wanted, labels));
        return [.. _unknown];
    }

    /// <summary>What is there of a pattern.</summary>
    internal void Show(PathPattern pattern, IReadOnlyDictionary<string, FileIdentity> there)
    {
        _unknown.Remove(pattern);
        foreach ((string path, FileIdentity identity) in there)
        {
            Advance(new HostEvent.PathAppeared(pattern, path, identity));
        }

        Advance(new HostEvent.PatternScanned(pattern));
    }

    /// <summary>All the devices that are there, where rules may ask for others than those that were known.</summary>
    internal void Show(ImmutableArray<Device> devices) => Advance(new HostEvent.DevicesListed(devices));

    /// <summary>What is done now, in order: the container's name, the step.</summary>
    internal ImmutableArray<(string Container, Step Step)> CarryOut()
    {
        ImmutableArray<(string, Step)>.Builder done = ImmutableArray.CreateBuilder<(string, Step)>();
        while (_steps.TryDequeue(out PlannedStep planned))
        {
            Known container = Find(planned.Container);
            done.Add((container.Description.Name, planned.Step));
            Advance(OutcomeOf(container, planned));
        }

        return done.ToImmutable();
    }

    private Known Find(ContainerId id) => _containers.First(known => known.Description.Id == id);

    private static HostEvent OutcomeOf(Known container, PlannedStep planned) => planned.Step switch
    {
        Step.Open => new HostEvent.ContainerReady(planned.Container, planned.Run, container.Mounts, container.Devices),
        Step.OpenDevices => new HostEvent.DevicesOpened(planned.Container, planned.Run, GivenDevices.None),
        Step.OnDevice onDevice => new HostEvent.DeviceStepDone(
            planned.Container, planned.Run, onDevice, new DeviceOutcome(PartOutcome.Off, PartOutcome.Off, PartOutcome.Off), default),
        Step.OnTarget onTarget => new HostEvent.StepSucceeded(planned.Container, planned.Run, onTarget, MountedBy(onTarget), default),
        _ => new HostEvent.ContainerStopped(planned.Container, planned.Run),
    };

    private static Attachment? MountedBy(Step.OnTarget step)
    {
        Desired? desired = (step as Step.Attach)?.Desired ?? (step as Step.Replace)?.Desired;
        return desired is null ? null : new Attachment(step.Target, desired.Source, desired.Identity, desired.Options, MountId: 1, []) { Permission = desired.Permission };
    }

    private void Advance(HostEvent happened)
    {
        Plan plan = new();
        _state.Advance(happened, plan);
        plan.Steps.ForEach(_steps.Enqueue);
        _unknown.AddRange(plan.Watch);
        plan.Unwatch.ForEach(pattern => _unknown.Remove(pattern));
    }

    /// <summary>A container as it is now.</summary>
    private sealed record Known(ContainerDescription Description, ImmutableArray<Attachment> Mounts, GivenDevices Devices, bool IsEquipped)
    {
        internal static Known Of(ContainerState container)
        {
            // The client's mount is nobody's rule: it comes and goes with the client.
            ImmutableArray<Attachment> mounts =
                [.. container.Bindings.Select(binding => binding.Actual).OfType<Attachment>().Where(mount => mount.Target != ClientMount.Target)];
            Attachment? database = mounts.FirstOrDefault(mount => mount.Target == DeviceBook.DatabaseTarget);
            return new Known(container.Description, mounts, new GivenDevices(
                [.. container.Devices.Values.Select(use => use.Latest).OfType<DeviceTurn>().Select(latest => new KnownDevice(latest.Device, latest.Admission))],
                database is null ? null : new DatabaseSource(database.Source, database.Identity)), container.DevicesReady);
        }
    }
}
