using System.Collections.Immutable;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Host.State;

/// <summary>What is asked for: the configuration, and the requests beyond it. Finds the rules of each container. Pure.</summary>
internal sealed class RuleBook(SourceIndex sources, DirtyBindings dirty, DeviceBook devices)
{
    internal ImmutableArray<ContainerRules> Configured { get; private set; } = [];

    internal ImmutableArray<(ContainerKey Key, PathRule Rule)> Requests { get; private set; } = [];

    /// <summary>Another configuration is in force. Containers whose rules are the same objects as before are not touched.</summary>
    internal void Configure(ImmutableArray<ContainerRules> configured, IEnumerable<ContainerState> containers, Plan plan)
    {
        Configured = configured;
        Apply(containers.Where(container => !RulesOf(container).SequenceEqual(container.Configured, ReferenceEqualityComparer.Instance)), plan);
    }

    internal void Add(ContainerKey key, PathRule rule, IEnumerable<ContainerState> containers, Plan plan)
    {
        Requests = [(key, rule), .. Without(key, rule)];
        Apply(containers.Where(container => key.Matches(container.Description)), plan);
    }

    internal void Remove(ContainerKey key, PathRule rule, IEnumerable<ContainerState> containers, Plan plan)
    {
        Requests = Without(key, rule);
        Apply(containers.Where(container => key.Matches(container.Description)), plan);
    }

    /// <summary>Finds the container's rules anew; bindings whose rule is gone lose their candidates.</summary>
    internal void Match(ContainerState container)
    {
        sources.Disconnect(container);
        foreach (BindingState binding in container.Bindings)
        {
            container.Update(binding, b => b.ClearCandidates());
            // What could not be taken away is tried again whenever somebody asks for something.
            binding.Failure = binding.Failure is { Detaching: true } ? null : binding.Failure;
        }

        ImmutableArray<ContainerRules> configured = [.. RulesOf(container)];
        container.Rules =
        [
            .. Requests.Where(request => request.Key.Matches(container.Description)).Select(request => request.Rule),
            .. configured.SelectMany(rules => rules.Paths),
        ];
        container.Configure(configured);
        devices.Concern(container);
        sources.Connect(container);
        container.Unscanned = sources.Unscanned(container);
        dirty.MarkAll(container);
    }

    private void Apply(IEnumerable<ContainerState> containers, Plan plan)
    {
        ContainerState[] concerned = [.. containers];
        sources.WatchOnly([.. Requests.Select(request => request.Rule), .. Configured.SelectMany(rules => rules.Paths)], plan);
        foreach (ContainerState container in concerned)
        {
            Match(container);
            DeviceBook.Equip(container, plan);
        }

        devices.Reconsider();
    }

    private IEnumerable<ContainerRules> RulesOf(ContainerState container) => Configured.Where(rules => rules.Matches(container.Description));

    private ImmutableArray<(ContainerKey Key, PathRule Rule)> Without(ContainerKey key, PathRule rule) =>
        Requests.RemoveAll(request => request.Key == key && request.Rule.Mapping == rule.Mapping);
}
