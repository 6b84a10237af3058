using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.State;

/// <summary>
/// Everything the server knows, and the one place that changes it. Pure: no I/O, no clock, no lock of its own. An event goes in by
/// <see cref="Advance"/>; what is to be done comes out as a <see cref="Plan"/>.
/// </summary>
internal sealed class HostState
{
    private readonly Dictionary<ContainerId, ContainerState> _containers = [];
    private readonly SourceIndex _sources = new();
    private readonly DirtyBindings _dirty = new();
    private readonly RuleBook _rules;
    private int _runs;

    internal HostState()
    {
        Devices = new DeviceBook(_dirty.Change);
        _rules = new RuleBook(_sources, _dirty, Devices);
    }

    internal IReadOnlyCollection<ContainerState> Containers => _containers.Values;

    /// <summary>What is asked at each event must not cost more with every other container.</summary>
    internal ContainerState? Find(ContainerId id) => _containers.GetValueOrDefault(id);

    internal ImmutableArray<ContainerRules> Configured => _rules.Configured;

    internal LabelPolicy? Labels => _rules.Labels;

    internal ImmutableArray<(ContainerKey Key, PathRule Rule)> Requests => _rules.Requests;

    internal bool IsDraining { get; private set; }

    /// <summary>True when no step is under way and none would follow.</summary>
    internal bool IsQuiet => _containers.Values.All(container => container.IsQuiet);

    /// <summary>The devices of the host, and who has them.</summary>
    internal DeviceBook Devices { get; }

    internal WatchedPattern? Source(PathPattern pattern) => _sources.Find(pattern);

    /// <summary>Takes an event in and adds to the plan what follows from it.</summary>
    internal void Advance(HostEvent hostEvent, Plan plan)
    {
        switch (hostEvent)
        {
            case HostEvent.PathAppeared e: PathAppeared(e); break;
            case HostEvent.PathVanished e: PathVanished(e); break;
            case HostEvent.StepSucceeded e: StepSucceeded(e, plan); break;
            case HostEvent.StepFailed e: StepFailed(e, plan); break;
            case HostEvent.ContainerStarted e: ContainerStarted(e, plan); break;
            case HostEvent.ContainerUnreachable e: ContainerUnreachable(e, plan); break;
            case HostEvent.ContainerBroken e: ContainerBroken(e, plan); break;
            case HostEvent.ContainerReady e: ContainerReady(e, plan); break;
            case HostEvent.ContainerStopped e: Remove(e, plan); _rules.End(_containers.Values, plan); break;
            case HostEvent.PatternScanned e: PatternScanned(e); break;
            case HostEvent.PatternFailed e: PatternFailed(e, plan); break;
            case HostEvent.ConfigurationChanged e: _rules.Configure(e.Containers, e.Labels, _containers.Values, plan); break;
            case HostEvent.BindRequested e: _rules.Add(e.Container, e.Rule, _containers.Values, plan); break;
            case HostEvent.UnbindRequested e: _rules.Remove(e.Container, e.Rule, _containers.Values, plan); break;
            case HostEvent.MountsChanged e: MountsChanged(e, plan); break;
            case HostEvent.DeviceChanged e: Devices.Changed(e.Change); break;
            case HostEvent.DevicesListed e: Devices.Listed(e.Devices); break;
            case HostEvent.DevicesOpened e: DevicesOpened(e); break;
            case HostEvent.DeviceStepDone e: DeviceStepDone(e, plan); break;
            case HostEvent.PermissionRenewed e: PermissionRenewed(e, plan); break;
            case HostEvent.ClientWanted e: ClientMount.Want(Running(e.Container, e.Run), e.Client, _dirty.Change); break;
            case HostEvent.StrategiesChanged: TryFailedAgain(); break;
            case HostEvent.Draining: IsDraining = true; Devices.End(); MarkAll(); break;
            default: throw new ArgumentException($"unknown event {hostEvent.GetType().Name}", nameof(hostEvent));
        }

        bool changed;
        do
        {
            // Devices first: a container is told that one goes before its node is taken away.
            changed = Devices.Advance(plan);
            _dirty.Plan(plan, IsDraining);
        }
        while (changed);
    }

    private void PathAppeared(HostEvent.PathAppeared e)
    {
        if (_sources.Find(e.Pattern) is not { } watched)
        {
            return;
        }

        watched.Paths[e.Path] = e.Identity;
        foreach (RuleUse use in watched.Users)
        {
            BindingState binding = use.BindingFor(e.Path);
            Candidate candidate = use.CandidateFor(e.Path, e.Identity);
            if (binding.Failure is { SourceMissing: true, Times: < 3 })
            {
                binding.Failure = binding.Failure with { TryAgain = true };
            }

            _dirty.Change(use.Container, binding, b => b.SetCandidate(candidate));
        }
    }

    private void PathVanished(HostEvent.PathVanished e)
    {
        if (_sources.Find(e.Pattern) is not { } watched || !watched.Paths.Remove(e.Path))
        {
            return;
        }

        foreach (RuleUse use in watched.Users)
        {
            BindingState binding = use.BindingFor(e.Path);
            _dirty.Change(use.Container, binding, b => b.RemoveCandidate(use.Rule, e.Path));
        }
    }

    private void PatternScanned(HostEvent.PatternScanned e)
    {
        if (_sources.Find(e.Pattern) is not { Scanned: false } watched)
        {
            return;
        }

        watched.Scanned = true;
        foreach (ContainerState container in watched.Users.Select(use => use.Container).Distinct())
        {
            container.Unscanned = container.Unscanned.Remove(e.Pattern);
            _dirty.MarkAll(container);
        }
    }

    private void PatternFailed(HostEvent.PatternFailed e, Plan plan)
    {
        if (_sources.Find(e.Pattern) is { } watched && watched.Failure != e.Reason)
        {
            watched.Failure = e.Reason;
            ChangeKind kind = e.Reason is null ? ChangeKind.WatchRecovered : ChangeKind.WatchFailed;
            plan.Changes.Add(new StateChange(kind, "", e.Pattern.Text, null, e.Reason));
        }
    }

    private void ContainerStarted(HostEvent.ContainerStarted e, Plan plan)
    {
        ContainerState container = Add(e.Container, plan);
        container.DevicesAskedFor = !container.Filters.IsEmpty;
        plan.Steps.Add(new PlannedStep(e.Container.Id, container.Run, new Step.Open(e.Entry, container.DevicesAskedFor), container.Strategy));
        plan.Changes.Add(container.Changed(ChangeKind.ContainerStarted, null, null, $"{e.Container.Id.Runtime}, pid {e.Container.ProcessId}"));
        plan.Changes.AddRange(container.RefusedLabels);
    }

    private void ContainerUnreachable(HostEvent.ContainerUnreachable e, Plan plan)
    {
        ContainerState container = Add(e.Container, plan);
        container.Unreachable = e.Reason;
        plan.Changes.Add(container.Changed(ChangeKind.ContainerFailed, null, null, e.Reason));
    }

    private void ContainerBroken(HostEvent.ContainerBroken e, Plan plan)
    {
        if (Running(e.Container, e.Run) is { } container)
        {
            container.Unreachable = e.Reason;
            Devices.Reconsider();
            plan.Changes.Add(container.Changed(ChangeKind.ContainerFailed, null, null, e.Reason));
        }
    }

    private ContainerState Add(ContainerDescription description, Plan plan)
    {
        Remove(new HostEvent.ContainerStopped(description.Id, null), plan);
        ContainerState container = new(description, ++_runs);
        _containers.Add(description.Id, container);
        _rules.Begin(container, _containers.Values, plan);
        return container;
    }

    private void ContainerReady(HostEvent.ContainerReady e, Plan plan)
    {
        if (Running(e.Container, e.Run) is not { } container)
        {
            return;
        }

        foreach (Attachment attachment in e.Found)
        {
            container.Update(container.At(attachment.Target), binding => binding.Actual = attachment);
            plan.Changes.Add(container.Changed(ChangeKind.Recognised, attachment.Source, attachment.Target, null));
        }

        container.Ready = true;
        container.DevicesReady = container.DevicesAskedFor;
        _dirty.MarkAll(container);
        Devices.Recognise(container, e.Devices);
        DeviceBook.Equip(container, plan);
        Devices.Reconsider();
    }

    private void DevicesOpened(HostEvent.DevicesOpened e)
    {
        if (Running(e.Container, e.Run) is { } container)
        {
            container.DevicesReady = true;
            Devices.Recognise(container, e.Devices);
            Devices.Reconsider();
        }
    }

    private void Remove(HostEvent.ContainerStopped e, Plan plan)
    {
        if (!_containers.TryGetValue(e.Container, out ContainerState? container) || (e.Run is { } run && run != container.Run))
        {
            return;
        }

        _containers.Remove(e.Container);
        _sources.Disconnect(container);
        _dirty.Forget(container);
        Devices.Forget(container);
        plan.Steps.Add(new PlannedStep(e.Container, container.Run, new Step.Close()));
        plan.Changes.Add(container.Changed(ChangeKind.ContainerStopped, null, null, e.Why));
    }

    /// <summary>What a strategy could not do that was not there, or was another.</summary>
    private void TryFailedAgain()
    {
        foreach (ContainerState container in _containers.Values)
        {
            container.TryFailedAgain();
            Devices.TellAgain(container);
            _dirty.MarkAll(container);
        }
    }

    private void StepSucceeded(HostEvent.StepSucceeded e, Plan plan)
    {
        if (Running(e.Container, e.Run) is not { } container || e.Step is not Step.OnTarget step || !container.TryGet(step.Target, out BindingState? binding))
        {
            return;
        }

        ChangeKind kind = step switch
        {
            Step.Attach => ChangeKind.Attached,
            Step.Replace => ChangeKind.Replaced,
            _ => ChangeKind.Detached,
        };
        plan.Changes.Add(container.Changed(kind, (e.Attachment ?? binding.Actual)?.Source, step.Target, null, e.Moment));
        binding.Failure = OtherThanAsked(container, binding, e, plan) ?? (step is Step.Detach ? ForeignChanges.AfterDetach(container, binding) : null);
        _dirty.Change(container, binding, b => (b.Actual, b.InFlight) = (e.Attachment, null));
    }

    /// <summary>
    /// The source was another file when it was mounted than when it was reported. An event says so as a rule; where none comes (a file
    /// replaced on its NFS server) the path is looked at again, before anything is mounted anew.
    /// </summary>
    private static Failure? OtherThanAsked(ContainerState container, BindingState binding, HostEvent.StepSucceeded e, Plan plan)
    {
        Desired? asked = (e.Step as Step.Attach)?.Desired ?? (e.Step as Step.Replace)?.Desired;
        if (asked is null || e.Attachment is not { } now || now.Identity == asked.Identity || binding.Chosen is not { } chosen)
        {
            return null;
        }

        LookAgain(container, chosen, plan);
        return new Failure(asked, "the source changed while it was mounted", Detaching: false, SourceMissing: true, TimesMissing(binding), TryAgain: false);
    }

    private static void LookAgain(ContainerState container, Candidate candidate, Plan plan)
    {
        if (candidate.IsOfRule)
        {
            plan.Reexamine.Add((container.Rules[candidate.Rule].Source, candidate.Source));
        }
    }

    private static int TimesMissing(BindingState binding) => binding.Failure is { SourceMissing: true } before ? before.Times + 1 : 1;

    private void StepFailed(HostEvent.StepFailed e, Plan plan)
    {
        if (Running(e.Container, e.Run) is not { } container || e.Step is not Step.OnTarget step || !container.TryGet(step.Target, out BindingState? binding))
        {
            return;
        }

        Desired? tried = step switch
        {
            Step.Attach attach => attach.Desired,
            Step.Replace replace => replace.Desired,
            _ => IsDraining ? null : binding.Desired,
        };
        int times = e.SourceMissing ? TimesMissing(binding) : 1;
        binding.Failure = new Failure(tried, e.Reason, step is Step.Detach, e.SourceMissing, times, binding.ChangedMeanwhile);
        _dirty.Change(container, binding, b => b.InFlight = null);
        if (e.SourceMissing && binding.Chosen is { } chosen)
        {
            LookAgain(container, chosen, plan);
        }
        else
        {
            plan.Changes.Add(container.Changed(ChangeKind.Failed, tried?.Source, step.Target, e.Reason));
        }
    }

    private void MountsChanged(HostEvent.MountsChanged e, Plan plan)
    {
        if (Running(e.Container, e.Run) is { } container)
        {
            foreach (ForeignChange happened in e.Changes)
            {
                ForeignChanges.Take(container, happened, _dirty.Change, plan);
            }
        }
    }

    private void DeviceStepDone(HostEvent.DeviceStepDone e, Plan plan)
    {
        if (Running(e.Container, e.Run) is { } container)
        {
            DeviceTurns.Done(container, e, plan);
        }
    }

    private void PermissionRenewed(HostEvent.PermissionRenewed e, Plan plan)
    {
        if (Running(e.Container, e.Run) is { } container)
        {
            plan.Changes.Add(container.Changed(ChangeKind.PermissionRenewed, null, null, "its device cgroup had been set anew"));
        }
    }

    private ContainerState? Running(ContainerId id, int run) =>
        Find(id) is { } container && container.Run == run ? container : null;

    private void MarkAll()
    {
        foreach (ContainerState container in _containers.Values)
        {
            _dirty.MarkAll(container);
        }
    }
}
