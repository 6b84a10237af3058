using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;

namespace ContainerManager.Host.State;

/// <summary>
/// What containers are still to be told of devices, in order. A device that comes waits until its node is in the container; one that goes is
/// announced before its node is taken away.
/// </summary>
/// <param name="change">Changes a binding, and marks it for the planner.</param>
internal sealed class DeviceTurns(Action<ContainerState, BindingState, Action<BindingState>> change)
{
    /// <summary>Where a node's binding comes from, in the words of the configuration.</summary>
    internal const string Origin = "_udev_filters";

    private readonly List<(ContainerState Container, DeviceUse Use)> _moving = [];

    /// <summary>Tells a container of a device it has, which it got as <paramref name="like"/>.</summary>
    internal void Add(ContainerState container, DeviceUse use, DeviceTurnKind kind, DeviceChange happened, DeviceTurn like) =>
        Add(container, use, new DeviceTurn(kind, happened, like.Admission, like.Filter));

    /// <summary>Adds to what the container is to be told.</summary>
    internal void Add(ContainerState container, DeviceUse use, DeviceTurn turn)
    {
        if (!_moving.Contains((container, use)))
        {
            _moving.Add((container, use));
        }

        use.Add(turn);
    }

    /// <summary>Takes the device away, whatever else was to be told.</summary>
    internal void End(ContainerState container, DeviceUse use)
    {
        use.Clear();
        if (use.Shown is { } shown)
        {
            Add(container, use, DeviceTurnKind.Go, new DeviceChange(DeviceChange.Remove, shown.Device, 0), shown);
        }
    }

    /// <summary>The container does not run any more.</summary>
    internal void Forget(ContainerState container) => _moving.RemoveAll(moving => ReferenceEquals(moving.Container, container));

    /// <summary>Goes on with what waited for a node. True when bindings were changed meanwhile: ask the planner, and then again.</summary>
    internal bool Advance(Plan plan)
    {
        bool changed = false;
        foreach ((ContainerState container, DeviceUse use) in _moving)
        {
            changed |= container.Ready && Advance(container, use, plan);
            Drop(container, use);
        }

        _moving.RemoveAll(moving => !moving.Use.IsMoving);
        return changed;
    }

    /// <summary>A step was carried out.</summary>
    internal static void Done(ContainerState container, HostEvent.DeviceStepDone e, Plan plan)
    {
        if (!container.Devices.TryGetValue(e.Step.Turn.Device.Path, out DeviceUse? use))
        {
            return;
        }

        use.Outstanding--;
        use.Outcome = e.Outcome;
        plan.Changes.Add(ChangeOf(container, e.Step.Turn, e.Outcome.Failure, e.Moment));
        Drop(container, use);
    }

    /// <summary>Puts the node that goes with a turn among what the container gets.</summary>
    internal void SetNode(ContainerState container, DeviceTurn turn)
    {
        if (turn.Node is { } node)
        {
            Candidate candidate = new(
                Candidate.OfDevice, node.Path, node.Identity, new MountOptions { Owner = turn.Admission.Owner, Mode = turn.Admission.Mode, Recursive = false }, Origin)
            {
                Permission = turn.Admission.Permission,
                Device = turn.Device.Path,
            };
            change(container, container.At(node.Path), binding =>
            {
                binding.RemoveDevice();
                binding.SetCandidate(candidate);
            });
        }
    }

    /// <returns>True when bindings were changed.</returns>
    private bool Advance(ContainerState container, DeviceUse use, Plan plan)
    {
        if (use.Current is { } waiting)
        {
            switch (Look(container, waiting, out string? problem))
            {
                case NodeState.Pending:
                    return false;
                case NodeState.There:
                    Tell(container, use, waiting, plan);
                    (use.Shown, use.Current, use.Problem) = (waiting, null, null);
                    break;
                case NodeState.Missing when use.Problem != problem:
                    use.Problem = problem;
                    plan.Changes.Add(ChangeOf(container, waiting, problem, null));
                    break;
            }
        }

        return use.HasNext && Begin(container, use, use.Next(), plan);
    }

    /// <summary>Whether the node that a turn waits for is in the container.</summary>
    private static NodeState Look(ContainerState container, DeviceTurn turn, out string? problem)
    {
        problem = null;
        if (turn.Node is not { } node)
        {
            return NodeState.There;
        }

        if (!container.TryGet(node.Path, out BindingState? binding))
        {
            problem = $"its node {node.Path} is missing";
            return NodeState.Missing;
        }

        if (binding.InFlight is not null || Planner.Wanted(container, binding, draining: false) is not null)
        {
            return NodeState.Pending;
        }

        problem = binding.Failure is { } failure ? $"its node is missing: {failure.Reason}"
            : binding.Actual?.Source != node.Path ? $"its node is missing: another rule puts {binding.Actual?.Source} at {node.Path}" : null;
        return problem is null ? NodeState.There : NodeState.Missing;
    }

    /// <returns>True when bindings were changed.</returns>
    private bool Begin(ContainerState container, DeviceUse use, DeviceTurn turn, Plan plan)
    {
        (use.Current, use.Problem) = (null, null);
        if (turn.Kind != DeviceTurnKind.Go)
        {
            use.Current = turn;
            SetNode(container, turn);
            return true;
        }

        if (use.Shown is not null)
        {
            Tell(container, use, turn, plan);
        }

        use.Shown = null;
        RemoveNode(container, turn);
        return true;
    }

    private static void Tell(ContainerState container, DeviceUse use, DeviceTurn turn, Plan plan)
    {
        use.Outstanding++;
        plan.Steps.Add(new PlannedStep(container.Description.Id, container.Run, new Step.OnDevice(turn), container.Strategy));
    }

    private void RemoveNode(ContainerState container, DeviceTurn turn)
    {
        if (turn.Device.Node is { } node && container.TryGet(node.Path, out BindingState? binding))
        {
            change(container, binding, b => b.RemoveDevice(turn.Device.Path));
        }
    }

    private static StateChange ChangeOf(ContainerState container, DeviceTurn turn, string? failure, TimeSpan? moment) => container.Changed(
        failure is not null ? ChangeKind.DeviceFailed : turn.Kind switch
        {
            DeviceTurnKind.Come => ChangeKind.DeviceAdded,
            DeviceTurnKind.Go => ChangeKind.DeviceRemoved,
            _ => ChangeKind.DeviceChanged,
        },
        turn.Device.Name,
        turn.Node?.Path,
        failure,
        moment) with
    {
        Device = turn.Device,
    };

    private static void Drop(ContainerState container, DeviceUse use)
    {
        if (use.IsEmpty)
        {
            container.Devices.Remove(use.Path);
        }
    }

    private enum NodeState
    {
        /// <summary>It is, or none is wanted.</summary>
        There,
        Pending,
        Missing,
    }
}
