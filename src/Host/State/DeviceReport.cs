using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Protocol;

namespace ContainerManager.Host.State;

/// <summary>Puts into words which container has which device, and why.</summary>
internal static class DeviceReport
{
    /// <summary>The devices of the containers that a key matches.</summary>
    internal static ImmutableArray<DeviceStatus> Of(HostState state, ContainerKey key) =>
    [
        .. state.Containers
            .Where(container => key.Matches(container.Description))
            .OrderBy(container => container.Description.Name, StringComparer.Ordinal)
            .SelectMany(container => container.Devices.Values
                .Where(use => (use.Current ?? use.Shown) is not null)
                .OrderBy(use => use.Path, StringComparer.Ordinal)
                .Select(use => Of(container, use, (use.Current ?? use.Shown)!))),
    ];

    /// <summary>Whether a container gets a device: each filter up to the first that means it, and what else has a say.</summary>
    internal static WhyReply Why(HostState state, ContainerState container, Device device)
    {
        List<FilterCheck> checks = [];
        DeviceMatch? match = null;
        foreach (UdevFilter filter in container.Filters.TakeWhile(_ => match is null))
        {
            match = DeviceMatch.Of(filter, device);
            checks.Add(new FilterCheck(
                ConditionText.Of(filter.Condition),
                match is not null,
                match is null ? ConditionCheck.Mismatch(filter.Condition, device) : match.Through is { } above ? $"it hangs from {above.Path}" : null));
        }

        (bool given, string verdict) = Verdict(state, container, device, match);
        return new WhyReply(device.Name, device.Path, container.Description.Name, given, verdict, [.. checks]);
    }

    private static (bool Given, string Verdict) Verdict(HostState state, ContainerState container, Device device, DeviceMatch? match)
    {
        if (container.Unreachable is { } reason)
        {
            return (false, $"no: the container cannot be entered: {reason}");
        }

        if (container.Filters.IsEmpty)
        {
            return (false, "no: the container has no _udev_filters, or _filter_udev_events is not true");
        }

        if (match is null)
        {
            return (false, "no: no filter means it, and what no filter means is not given");
        }

        ContainerState? claimer = state.Devices.MatchesOf(device).FirstOrDefault(found => ReferenceEquals(found.Container, container)).ClaimedBy;
        if (claimer is not null)
        {
            return (false, $"no: {claimer.Description.Name} has it for itself alone (exclusive)");
        }

        return container.Devices.TryGetValue(device.Path, out DeviceUse? use) && Failure(use) is { } failure
            ? (true, $"yes, but {failure}")
            : (true, "yes");
    }

    private static string? Failure(DeviceUse use) => use.Problem ?? use.Outcome?.Failure;

    private static DeviceStatus Of(ContainerState container, DeviceUse use, DeviceTurn turn)
    {
        string? failure = Failure(use);
        return new DeviceStatus(
            container.Description.Name,
            container.Description.Id.Runtime,
            turn.Device.Name,
            turn.Device.Path,
            turn.Device.Subsystem,
            turn.Filter >= 0 && turn.Filter < container.Filters.Length ? ConditionText.Of(container.Filters[turn.Filter].Condition) : "",
            failure is not null ? "failed" : use.IsMoving || use.Outstanding > 0 ? "pending" : "given",
            turn.Device.Node is null ? "none" : !turn.Admission.Node ? "off" : HasNode(container, turn) ? "attached" : "missing",
            use.Outcome?.Permission.Word,
            use.Outcome?.Database.Word,
            use.Outcome?.Events.Word,
            failure);
    }

    private static bool HasNode(ContainerState container, DeviceTurn turn) =>
        container.TryGet(turn.Device.Node!.Path, out BindingState? binding) && binding.Actual?.Source == turn.Device.Node.Path;
}
