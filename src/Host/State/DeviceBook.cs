using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;

namespace ContainerManager.Host.State;

/// <summary>
/// The devices of the host, and which container has which of them. Pure. A node goes into the container as a binding like any other; what the
/// container is told waits for it. Nothing is left out: each event of a device that a container has is told, in order.
/// </summary>
/// <param name="change">Changes a binding, and marks it for the planner.</param>
internal sealed class DeviceBook(Action<ContainerState, BindingState, Action<BindingState>> change)
{
    /// <summary>Where libudev looks for its database, and whether there is a udev at all.</summary>
    internal const string DatabaseTarget = "/run/udev";

    private static readonly MountOptions DatabaseOptions = new() { ReadOnly = true, NoExec = true, Recursive = false };

    private readonly Dictionary<string, Device> _devices = new(StringComparer.Ordinal);
    private readonly DeviceTurns _turns = new(change);

    /// <summary>Those of the containers that rules have ever given devices, the oldest first: an event costs nothing for the others.</summary>
    private readonly List<ContainerState> _concerned = [];
    private bool _ended;

    /// <summary>The devices that are there, as far as they were asked for.</summary>
    internal IReadOnlyCollection<Device> Devices => _devices.Values;

    /// <summary>What is not among <see cref="Devices"/> is not there.</summary>
    internal bool IsListed { get; private set; }

    /// <summary>A device has come, has changed, or has gone.</summary>
    internal void Changed(DeviceChange happened)
    {
        if (happened.MovedFrom is { } old && _devices.Remove(old, out Device? before) && IsListed)
        {
            // To a program inside, another path is another device.
            Allot(before, new DeviceChange(DeviceChange.Remove, before, 0));
            happened = new DeviceChange(DeviceChange.Add, happened.Device, happened.Sequence);
        }

        Device device = happened.Device;
        if (happened.IsRemoval)
        {
            _devices.Remove(device.Path);
        }
        else
        {
            _devices[device.Path] = device;
        }

        if (IsListed)
        {
            Allot(device, happened);
        }
    }

    /// <summary>Everything that is there was looked at, and is this.</summary>
    internal void Listed(ImmutableArray<Device> devices)
    {
        Dictionary<string, Device> there = devices.ToDictionary(device => device.Path, StringComparer.Ordinal);
        Device[] gone = [.. _devices.Values.Where(device => !there.ContainsKey(device.Path))];
        _devices.Clear();
        foreach (Device device in devices)
        {
            _devices.Add(device.Path, device);
        }

        IsListed = true;
        Array.ForEach(gone, device => Allot(device, new DeviceChange(DeviceChange.Remove, device, 0)));
        AllotAll();
    }

    /// <summary>The filters of a container have changed.</summary>
    internal void Concern(ContainerState container)
    {
        if (container.Filters.IsEmpty && container.Devices.Count == 0)
        {
            return;
        }

        int after = _concerned.FindLastIndex(other => other.Run <= container.Run);
        if (after < 0 || !ReferenceEquals(_concerned[after], container))
        {
            _concerned.Insert(after + 1, container);
        }
    }

    /// <summary>Has the lane get ready for devices, where that was not asked for when the container started.</summary>
    internal static void Equip(ContainerState container, Plan plan)
    {
        if (container is { Ready: true, DevicesAskedFor: false, Unreachable: null, Filters.IsEmpty: false })
        {
            container.DevicesAskedFor = true;
            plan.Steps.Add(new PlannedStep(container.Description.Id, container.Run, new Step.OpenDevices()));
        }
    }

    /// <summary>The filters of a container, or whether it can be served, have changed.</summary>
    internal void Reconsider()
    {
        if (IsListed)
        {
            AllotAll();
        }
    }

    /// <summary>What an earlier server has given the container is known again. It stays as it is until all devices are known.</summary>
    internal void Recognise(ContainerState container, GivenDevices given)
    {
        if (given.Database is { } database)
        {
            // Before any device, since libudev looks for it once, when a program begins to listen.
            Candidate candidate = new(Candidate.OfDevice, database.Path, database.Identity, DatabaseOptions, DeviceTurns.Origin);
            change(container, container.At(DatabaseTarget), binding => binding.SetCandidate(candidate));
        }

        foreach ((Device device, DeviceAdmission? admission) in given.Given)
        {
            DeviceUse use = UseOf(container, device.Path);
            Concern(container);
            use.Shown = new DeviceTurn(DeviceTurnKind.Come, new DeviceChange(DeviceChange.Add, device, 0), admission ?? DeviceAdmission.Whole, -1);
            use.AdmissionIsKnown = admission is not null;
            if (use.Shown.Node is { } node && container.TryGet(node.Path, out BindingState? binding) && binding.Actual is { } actual)
            {
                change(container, binding, b => b.SetCandidate(new Candidate(Candidate.OfDevice, actual.Source, actual.Identity, actual.Options, DeviceTurns.Origin)
                {
                    Permission = actual.Permission,
                    Device = device.Path,
                }));
            }
        }
    }

    /// <summary>Tells a container again of the devices of which it has heard nothing, since nobody could tell it.</summary>
    internal void TellAgain(ContainerState container)
    {
        foreach (DeviceUse use in container.Devices.Values.Where(use => use is { IsMoving: false, Outstanding: 0, Shown: not null, Outcome.Events.Reason: not null }).ToList())
        {
            _turns.Add(container, use, use.Shown! with { Kind = DeviceTurnKind.Come });
        }
    }

    /// <summary>The container does not run any more; what was its own alone may be another's.</summary>
    internal void Forget(ContainerState container)
    {
        _turns.Forget(container);
        _concerned.Remove(container);
        bool claimed = container.Filters.Any(filter => filter.Admission.Exclusive) || container.Devices.Values.Any(use => use.Latest is { Admission.Exclusive: true });
        container.Devices.Clear();
        if (claimed)
        {
            Reconsider();
        }
    }

    /// <summary>Everything is to be taken away, for good.</summary>
    internal void End()
    {
        _ended = true;
        foreach (ContainerState container in _concerned)
        {
            foreach (DeviceUse use in container.Devices.Values.ToList())
            {
                _turns.End(container, use);
            }
        }
    }

    /// <summary>Goes on with what waited for a node. True when bindings were changed meanwhile: ask the planner, and then again.</summary>
    internal bool Advance(Plan plan) => _turns.Advance(plan);

    /// <summary>
    /// Which container a device is for: all whose filters mean it, or the one that claims it. That is who has it; or else, of those that could, the first that runs.
    /// As long as one is not ready that may have it from before, or may be the first, it is for none of the others.
    /// </summary>
    internal IReadOnlyList<(ContainerState Container, DeviceMatch Match, ContainerState? ClaimedBy)> MatchesOf(Device device)
    {
        List<(ContainerState Container, DeviceMatch Match, ContainerState? ClaimedBy)> matches = [];
        ContainerState? claimer = null, awaited = null;
        foreach (ContainerState container in _concerned)
        {
            if (container.Unreachable is not null || DeviceMatch.Find(container.Filters, device) is not { } match)
            {
                continue;
            }

            if (container.DevicesReady)
            {
                matches.Add((container, match, null));
                if (match.Filter.Admission.Exclusive && (claimer is null || (!Has(claimer, device) && Has(container, device))))
                {
                    claimer = container;
                }
            }
            else if (match.Filter.Admission.Exclusive)
            {
                awaited ??= container;
            }
        }

        if (awaited is not null && (claimer is null || !Has(claimer, device)))
        {
            claimer = awaited;
        }

        for (int i = 0; claimer is not null && i < matches.Count; i++)
        {
            matches[i] = matches[i] with { ClaimedBy = ReferenceEquals(claimer, matches[i].Container) ? null : claimer };
        }

        return matches;
    }

    /// <summary>It has claimed it; or had it when the server started, which is not to move it to another.</summary>
    private static bool Has(ContainerState container, Device device) =>
        container.Devices.TryGetValue(device.Path, out DeviceUse? use) && use.Latest is { Admission.Exclusive: true } or { Filter: < 0 };

    private void AllotAll()
    {
        // First: what is there by now may have the node of one that is gone.
        foreach (ContainerState container in _concerned)
        {
            foreach (DeviceUse use in container.Devices.Values.Where(use => use.Latest is not null && !_devices.ContainsKey(use.Path)).ToList())
            {
                _turns.Add(container, use, DeviceTurnKind.Go, new DeviceChange(DeviceChange.Remove, use.Latest!.Device, 0), use.Latest);
            }
        }

        foreach (Device device in _devices.Values.ToList())
        {
            Allot(device, null);
        }
    }

    /// <param name="device">The device as it is now.</param>
    /// <param name="happened">What happened to it; null: nothing, but the containers are to be compared with it.</param>
    private void Allot(Device device, DeviceChange? happened)
    {
        IReadOnlyList<(ContainerState Container, DeviceMatch Match, ContainerState? ClaimedBy)> matches = _ended || happened is { IsRemoval: true } ? [] : MatchesOf(device);
        int next = 0;
        foreach (ContainerState container in _concerned)
        {
            // Both are in the same order.
            DeviceMatch? match = null;
            if (next < matches.Count && ReferenceEquals(matches[next].Container, container))
            {
                match = matches[next].ClaimedBy is null ? matches[next].Match : null;
                next++;
            }

            if (match is not null)
            {
                Give(container, device, match, happened);
            }
            else if (container.Devices.TryGetValue(device.Path, out DeviceUse? use) && use.Latest is { } latest && container.Ready)
            {
                DeviceChange removal = happened is { IsRemoval: true } ? happened : new DeviceChange(DeviceChange.Remove, device, 0);
                _turns.Add(container, use, DeviceTurnKind.Go, removal with { Device = removal.Device with { Node = removal.Device.Node ?? latest.Device.Node } }, latest);
            }
        }
    }

    private void Give(ContainerState container, Device device, DeviceMatch match, DeviceChange? happened)
    {
        DeviceUse use = UseOf(container, device.Path);
        int filter = container.Filters.IndexOf(match.Filter);
        DeviceTurn come = new(DeviceTurnKind.Come, new DeviceChange(DeviceChange.Add, device, happened?.Sequence ?? 0), match.Filter.Admission, filter);
        switch (use.Latest)
        {
            case null:
                _turns.Add(container, use, come);
                break;
            case { } latest when IsAnother(latest, device) || (latest.Admission != match.Filter.Admission && (latest.Filter >= 0 || use.AdmissionIsKnown)):
                _turns.Add(container, use, DeviceTurnKind.Go, new DeviceChange(DeviceChange.Remove, latest.Device, 0), latest);
                _turns.Add(container, use, come);
                break;
            case { Filter: < 0 } recognised:
                // It is there from an earlier server, and still the same: known again, and nobody is told.
                use.Shown = recognised with { Admission = match.Filter.Admission, Filter = filter, Change = come.Change };
                _turns.SetNode(container, use.Shown);
                break;
            case { Change.Sequence: 0 } listed when happened is { Action: DeviceChange.Add } && listed.Device.Properties.SequenceEqual(device.Properties):
                break; // It came while the devices were listed, and was found already.
            case { } latest when happened is not null:
                _turns.Add(container, use, new DeviceTurn(DeviceTurnKind.Change, happened, latest.Admission, filter));
                break;
            case { } latest when !latest.Device.Properties.SequenceEqual(device.Properties):
                // A change that nobody has told of.
                _turns.Add(container, use, new DeviceTurn(DeviceTurnKind.Change, new DeviceChange(DeviceChange.Changed, device, 0), latest.Admission, filter));
                break;
        }
    }

    /// <summary>Another device at the same path: the one that the container has was removed, and nobody has told of it.</summary>
    private static bool IsAnother(DeviceTurn latest, Device device) => latest.Device.Incarnation != device.Incarnation;

    private static DeviceUse UseOf(ContainerState container, string path)
    {
        if (!container.Devices.TryGetValue(path, out DeviceUse? use))
        {
            container.Devices.Add(path, use = new DeviceUse(path));
        }

        return use;
    }
}
