using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;
using ContainerManager.Protocol;

namespace ContainerManager.Host.State;

/// <summary>Puts the state into words: for each thing that is configured or mounted, how it is and why.</summary>
internal static class StatusReport
{
    /// <summary>The containers that run, then the keys and requests that no running container matches.</summary>
    internal static ImmutableArray<ContainerStatus> Of(HostState state)
    {
        IEnumerable<ContainerStatus> running = state.Containers
            .OrderBy(container => container.Description.Name, StringComparer.Ordinal)
            .Select(container => Of(state, container));
        IEnumerable<ContainerStatus> waiting = state.Configured.Where(rules => !state.Containers.Any(container => rules.Matches(container.Description)))
            .Select(rules => (rules.Key, rules.Paths))
            .Concat(state.Requests.Where(request => !state.Containers.Any(container => request.Key.Matches(container.Description)))
                .Select(request => (request.Key, Paths: ImmutableArray.Create(request.Rule))))
            .GroupBy(rules => rules.Key)
            .Select(group => NotRunning(state, group.Key, [.. group.SelectMany(rules => rules.Paths)]));
        return [.. running, .. waiting];
    }

    internal static ContainerStatus Of(HostState state, ContainerState container)
    {
        IEnumerable<BindingStatus> bindings = container.Bindings
            .OrderBy(binding => binding.Target, StringComparer.Ordinal)
            .Select(binding => Of(container, binding));
        HashSet<int> used = [.. container.Bindings.Where(binding => binding.Chosen is not null).Select(binding => binding.Chosen!.Rule)];
        IEnumerable<BindingStatus> waiting = container.Rules
            .Where((rule, index) => !used.Contains(index) && !(state.Source(rule.Source)?.Paths.Count > 0))
            .Select(rule => WaitingForSource(state, rule));
        return new ContainerStatus(
            container.Description.Name,
            container.Description.Id.Runtime,
            container.Description.Id.Value,
            container.Description.ProcessId,
            container.Unreachable is null ? "running" : "failed",
            container.Unreachable,
            [.. bindings, .. waiting, .. container.Labels.Refused.Select(Refused)]);
    }

    /// <summary>One binding of a running container.</summary>
    internal static BindingStatus Of(ContainerState container, BindingState binding)
    {
        (string condition, string? reason) = binding switch
        {
            { InFlight: not null } => ("pending", null),
            { Failure: { } failure } => ("failed", failure.Reason),
            { Actual: { } actual } => ("attached", actual.Covered ? Attachment.CoveredReason : actual.Notice),
            _ when container.Unreachable is { } why => ("failed", why),
            _ => ("pending", "another mount above or beneath it comes first"),
        };
        return new BindingStatus(
            binding.Chosen?.Source ?? binding.Actual?.Source ?? "",
            binding.Target,
            condition,
            reason,
            (binding.Actual?.Options ?? binding.Chosen?.Options)?.ReadOnly ?? false,
            binding.Chosen?.Origin ?? "",
            binding.Actual is { MountId: not 0 and var mountId } ? mountId : null);
    }

    private static BindingStatus Refused(RefusedLabel refused) => new(refused.Asked, refused.Target, "failed", refused.Reason, false, refused.Label, null);

    private static ContainerStatus NotRunning(HostState state, ContainerKey key, ImmutableArray<PathRule> rules) => new(
        key.Text, null, null, null, "waiting", "no such container runs", [.. rules.Select(rule => NotRunning(state, rule))]);

    private static BindingStatus NotRunning(HostState state, PathRule rule) => state.Source(rule.Source)?.Paths.Count > 0
        ? Waiting(rule, "for the container to start")
        : WaitingForSource(state, rule);

    internal static BindingStatus WaitingForSource(HostState state, PathRule rule) => state.Source(rule.Source)?.Failure is { } failure
        ? Waiting(rule, failure) with { State = "failed" }
        : Waiting(rule, WhatFor(rule.Source) + (rule.Optional ? " (optional)" : ""));

    private static string WhatFor(PathPattern source) => source switch
    {
        { EntriesOfDirectory: true } => $"for {source.Text}, or an entry in it, to appear",
        { HasWildcard: true } => $"for something that matches {source.Text}",
        _ => $"for {source.Text} to appear",
    };

    internal static BindingStatus Waiting(PathRule rule, string reason) => new(
        rule.Source.Text,
        rule.Mapping.TargetOf(rule.Source, rule.Source.Text),
        "waiting",
        reason,
        rule.Options.ReadOnly,
        rule.Origin,
        null);
}
