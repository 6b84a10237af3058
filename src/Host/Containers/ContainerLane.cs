using System.Collections.Immutable;
using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Host.Devices;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Carries out the steps of one container, in order. Everything here happens in the lane: a target that hangs (a FUSE that the
/// container itself mounted) holds up this container only.
/// </summary>
internal sealed class ContainerLane(ContainerId id, LaneServices services)
{
    private readonly Lane _lane = new(services.Loop);
    private ContainerEntry? _entry;
    private ContainerDevices? _devices;
    private readonly MadeDirectories _made = new();
    private readonly AttachedMounts _mounts = new();
    private readonly AnnouncedMounts _announced = new(services.Journal);
    private readonly StrategyChoice _strategy = new(services.Strategies);
    private IDisposable? _exitWatch;
    private IDisposable? _mountWatch;
    private Action<TimeSpan, bool>? _looked;
    private int _run;
    private int _checking;
    private volatile bool _abandoned;

    /// <summary>Adds a step. Returns at once.</summary>
    /// <param name="run">The run it is meant for.</param>
    /// <param name="step">What to do.</param>
    /// <param name="strategy">The strategy that the configuration asks for by name.</param>
    internal void Enqueue(int run, Step step, string? strategy)
    {
        long planned = Stopwatch.GetTimestamp();
        _lane.Enqueue(() => CarryOut(run, step, strategy, planned));
    }

    /// <summary>The run is over: what is still queued is not done, only closed.</summary>
    internal void Abandon() => _abandoned = true;

    private void CarryOut(int run, Step step, string? strategy, long planned)
    {
        switch (step)
        {
            case Step.Open open:
                Open(run, open, strategy);
                break;
            case Step.Close:
                Close();
                break;
            case Step.OpenDevices when _devices is not null && run == _run && !_abandoned:
                OpenDevices(run, _devices);
                break;
            case Step.OnDevice onDevice when _devices is not null && run == _run && !_abandoned:
                services.Post(new HostEvent.DeviceStepDone(id, run, onDevice, _devices.Tell(onDevice.Turn), Now));
                break;
            case Step.OnTarget onTarget when _entry is not null && run == _run && !_abandoned:
                _strategy.Asked = strategy;
                HostEvent outcome = Try(run, onTarget, _entry);
                services.Measured(onTarget, outcome is HostEvent.StepSucceeded, Stopwatch.GetElapsedTime(planned));
                services.Post(outcome);
                break;
            default:
                break; // For a run that has ended: nobody waits for an answer.
        }
    }

    private void Open(int run, Step.Open open, string? strategy)
    {
        try
        {
            OpenOrThrow(run, open, strategy);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            Close();
            services.Post(new HostEvent.ContainerBroken(id, run, failure.Message));
        }
    }

    private void OpenOrThrow(int run, Step.Open open, string? strategy)
    {
        Close();
        (_run, _strategy.Asked) = (run, strategy);
        _entry = open.Entry ?? throw new ArgumentException("a container that cannot be entered has no steps", nameof(open));
        ProcessExitSource exit = new(_entry.Process, () => services.Post(new HostEvent.ContainerStopped(id, run)));
        exit.Registration = _exitWatch = services.Loop.Add(exit);
        _devices = ContainerDevices.Open(_entry, services.Devices.Of(id), open.Devices, lists => services.Lists.Add(lists, CheckPermission), () => services.InsideEvents(id));
        ImmutableArray<Attachment> found = [.. new MountRecognition(id, services).Find(_entry, strategy).Select(Remembered)];
        foreach (Attachment attachment in found.Where(attachment => attachment is { Identity.IsDevice: true, Permission: true }))
        {
            _devices.Permission.Resume(ContainerDevices.NumberOf(attachment.Identity), attachment.Target);
        }

        _devices.Permission.Settle();
        MountTableWatch mounts = new(OurMount.OpenTable(_entry), TimeProvider.System, () => _lane.Enqueue(CompareMounts));
        (_mountWatch, _looked) = (services.Loop.Add(mounts), mounts.Looked);
        services.Post(new HostEvent.ContainerReady(id, run, found, GivenBy(_devices)));
        if (services.Journal.LeftIn(id) is { Count: > 0 } left)
        {
            _mounts.Leave(left);
            CompareMounts();
        }
    }

    /// <summary>There is another way to mount than before: what could not be taken away perhaps can.</summary>
    internal void CheckMounts() => _lane.Enqueue(CompareMounts);

    /// <summary>Somebody has changed the mounts of the container: perhaps those that are ours.</summary>
    private void CompareMounts()
    {
        if (_entry is null || _abandoned)
        {
            return;
        }

        try
        {
            long begun = Stopwatch.GetTimestamp();
            WithdrawLeft(_entry);
            ImmutableArray<ForeignChange> changes = _mounts.Compare(_entry);
            _looked!(Stopwatch.GetElapsedTime(begun), changes.Any(change => change.Kind != ForeignChangeKind.WellAgain));
            if (!changes.IsEmpty)
            {
                services.Post(new HostEvent.MountsChanged(id, _run, changes));
            }
        }
        catch (IOException)
        {
            // The container is ending, or somebody changes things as we look: then we are told again.
        }
    }

    private void WithdrawLeft(ContainerEntry entry)
    {
        foreach (RecordedAttachment left in _mounts.InReachAgain(entry))
        {
            try
            {
                Withdraw(entry, left.Mount);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                continue; // Tried again when the mounts change, or the way to mount; told each time, it would fill the log.
            }

            services.Journal.Detached(left);
            _mounts.Forget(left);
        }
    }

    private void OpenDevices(int run, ContainerDevices devices)
    {
        try
        {
            devices.Equip();
            services.Post(new HostEvent.DevicesOpened(id, run, GivenBy(devices)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            services.Post(new HostEvent.ContainerBroken(id, run, $"it cannot be given devices: {failure.Message}"));
        }
    }

    private static GivenDevices GivenBy(ContainerDevices devices) =>
        new(devices.Given, devices.Database is { } source ? new DatabaseSource(source.Path, source.Identity) : null);

    /// <summary>Somebody has loaded a device program or written to a device list: perhaps the runtime, in the place of ours.</summary>
    internal void CheckPermission()
    {
        // One that is queued already will see what is there then.
        if (Interlocked.Exchange(ref _checking, 1) == 1)
        {
            return;
        }

        _lane.Enqueue(() =>
        {
            Volatile.Write(ref _checking, 0);
            if (_devices?.Permission.Renew() == true)
            {
                services.Post(new HostEvent.PermissionRenewed(id, _run));
            }
        });
    }

    private static TimeSpan Now => DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch;

    private void Close()
    {
        _exitWatch?.Dispose();
        _mountWatch?.Dispose();
        _devices?.Dispose();
        _entry?.Dispose();
        _exitWatch = _mountWatch = null;
        _looked = null;
        _devices = null;
        _entry = null;
        _made.Clear();
        _mounts.Clear();
        _announced.Clear();
    }

    private HostEvent Try(int run, Step.OnTarget step, ContainerEntry entry)
    {
        try
        {
            return new HostEvent.StepSucceeded(id, run, step, Do(step, entry), Now);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            if (!_abandoned)
            {
                NodePermission.TakeBack(_devices!.Permission, step);
            }

            // Whatever it was, of a strategy of a plugin, or a defect of ours: the binding must not stay pending for ever.
            return failure is IOException refused
                ? new HostEvent.StepFailed(id, run, step, FailureAdvice.Explain(refused), FailureAdvice.IsSourceMissing(refused))
                : new HostEvent.StepFailed(id, run, step, failure.Message, SourceMissing: false);
        }
    }

    private Attachment? Do(Step.OnTarget step, ContainerEntry entry) => step switch
    {
        Step.Attach attach => _strategy.Do(entry, strategy => Attach(entry, strategy, attach)),
        Step.Replace replace => _strategy.Do(entry, strategy => Replace(entry, strategy, replace)),
        Step.Detach detach => Detach(entry, detach),
        _ => throw new ArgumentException($"unknown step {step.GetType().Name}", nameof(step)),
    };

    private Attachment Attach(ContainerEntry entry, IMountStrategy strategy, Step.Attach step)
    {
        if (_announced.TryTake(step.Target, out RecordedAttachment? announced) && OurMount.IdentityOf(entry, step.Target, announced.MountId) is not null)
        {
            return Replace(entry, strategy, new Step.Replace(step.Target, step.Desired, announced.Showing(step.Desired.Identity)));
        }

        using KnownSource source = KnownSource.Of(step.Desired.Source, step.Desired.Identity, step.Desired.RefusesLinks);

        // Before there is a node that could be opened in vain.
        string? notice = NodePermission.Grant(_devices!.Permission, step.Target, step.Desired);
        MountRequest request = new(step.Desired.Source, step.Target, step.Desired.Options);
        MountOutcome outcome = services.Executor.Execute(
            entry,
            strategy.Attach(request),
            prepared => Attaching(RecordedAttachment.Of(id, AttachmentOf(request, step.Desired, _made.WithParents(request, prepared)))),
            source,
            services.Inside(id));
        return Attached(AttachmentOf(request, step.Desired, _made.WithParents(request, outcome))) with { Notice = notice };
    }

    private Attachment Replace(ContainerEntry entry, IMountStrategy strategy, Step.Replace step)
    {
        _ = _announced.TryTake(step.Target, out _);
        using KnownSource source = KnownSource.Of(step.Desired.Source, step.Desired.Identity, step.Desired.RefusesLinks);
        string? notice = NodePermission.Grant(_devices!.Permission, step.Target, step.Desired);
        MountRequest request = new(step.Desired.Source, step.Target, step.Desired.Options);
        MountOutcome outcome = services.Executor.Execute(
            entry,
            strategy.Replace(request, step.Current.Mount),
            prepared => Attaching(RecordedAttachment.Of(
                id,
                AttachmentOf(request, step.Desired, prepared with { Made = MadeDirectories.Joined(step.Current.Made, prepared.Made) }),
                replaces: step.Current.MountId)),
            source,
            services.Inside(id));
        Release(step.Current, step.Desired);
        return Attached(AttachmentOf(request, step.Desired, outcome with { Made = MadeDirectories.Joined(step.Current.Made, outcome.Made) })) with { Notice = notice };
    }

    /// <summary>A step that has hung may wake when another lane serves the container already, and must not mount beside it.</summary>
    private void Attaching(RecordedAttachment record)
    {
        if (_abandoned)
        {
            throw new MountRefusedException("the container is served anew meanwhile");
        }

        _announced.Announce(record);
    }

    private Attachment? Detach(ContainerEntry entry, Step.Detach step)
    {
        // First: whatever fails below, the node that stays, and the number that another device may have later, are of no use.
        NodePermission.Release(_devices!.Permission, step.Current, instead: null);
        RecordedAttachment record = RecordedAttachment.Of(id, step.Current);
        (AttachedMount there, bool beneath) = _mounts.LastSeen(step.Current);
        if (beneath)
        {
            // What was seen may be over, or have been a directory that was renamed just then: it is looked for first.
            Withdraw(entry, there with { Made = [] });
        }

        if (beneath && OurMount.CountAt(entry, there.Target) > 0)
        {
            _mounts.Leave([record]);
            services.Journal.Left(record);
        }
        else
        {
            Withdraw(entry, there);
            services.Journal.Detached(record);
        }

        _mounts.Remove(step.Current);
        Release(step.Current, instead: null);
        _made.Remove(step.Current, entry);
        return null;
    }

    private void Withdraw(ContainerEntry entry, AttachedMount mount) =>
        _strategy.Do(entry, strategy => services.Executor.Execute(entry, strategy.Detach(mount), inside: services.Inside(id)));

    /// <summary>What a mount that is gone has needed.</summary>
    private void Release(Attachment gone, Desired? instead)
    {
        if (gone.Identity.IsDevice)
        {
            services.Nodes.Remove(gone.MountId);
            NodePermission.Release(_devices!.Permission, gone, instead);
        }
    }

    /// <summary>A node is one of our own, but stands for the host's. A strategy that clones nothing cannot say which file it shows: it counts as the one that was asked for, or it would be asked for ever.</summary>
    private static Attachment AttachmentOf(MountRequest request, Desired desired, MountOutcome outcome)
    {
        FileIdentity shown = outcome.MountId == 0 || desired.Identity.IsDevice ? desired.Identity : outcome.Identity;
        return new Attachment(request.Target, request.Source, shown, request.Options, outcome.MountId, outcome.Made) { Permission = desired.Permission };
    }

    private Attachment Attached(Attachment attachment)
    {
        _announced.Confirm(RecordedAttachment.Of(id, attachment));
        return Remembered(attachment);
    }

    private Attachment Remembered(Attachment attachment)
    {
        _made.Add(attachment);
        _mounts.Add(attachment);
        return attachment;
    }
}
