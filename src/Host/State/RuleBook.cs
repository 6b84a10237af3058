using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.State;

/// <summary>What is asked for: the configuration, and the requests beyond it. Finds the rules of each container. Pure.</summary>
internal sealed class RuleBook(SourceIndex sources, DirtyBindings dirty, DeviceBook devices)
{
    private RuleIndex _index = new([]);

    /// <summary>What the configuration names.</summary>
    private HashSet<PathPattern> _sources = [];

    internal ImmutableArray<ContainerRules> Configured { get; private set; } = [];

    internal ImmutableArray<(ContainerKey Key, PathRule Rule)> Requests { get; private set; } = [];

    /// <summary>What labels may ask for; null: they are not looked at.</summary>
    internal LabelPolicy? Labels { get; private set; }

    /// <summary>Another configuration is in force. Containers whose rules are the same objects as before are not touched.</summary>
    internal void Configure(ImmutableArray<ContainerRules> configured, LabelPolicy? labels, IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        Configured = configured;
        _index = new RuleIndex(configured);
        _sources = [.. configured.SelectMany(rules => rules.Paths).Select(rule => rule.Source)];
        if (labels != Labels)
        {
            Labels = labels;
            foreach (ContainerState container in containers)
            {
                container.Labels = LabelRules.Of(container.Description, labels);
                plan.Changes.AddRange(container.RefusedLabels);
            }
        }

        ContainerState[] concerned = [.. containers.Where(container => !RulesOf(container).SequenceEqual(container.Configured, ReferenceEqualityComparer.Instance))];
        Watch(containers, plan);
        Apply(concerned, plan);
    }

    /// <summary>A container runs from now on, one of all of these.</summary>
    internal void Begin(ContainerState container, IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        container.Labels = LabelRules.Of(container.Description, Labels);
        WatchLabels(containers, plan);
        Match(container);
    }

    /// <summary>A container runs no longer; these still do.</summary>
    internal void End(IReadOnlyCollection<ContainerState> containers, Plan plan) => WatchLabels(containers, plan);

    internal void Add(ContainerKey key, PathRule rule, IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        Request([(key, rule), .. Without(key, rule)], containers, plan);
        Apply(containers.Where(container => key.Matches(container.Description)), plan);
    }

    internal void Remove(ContainerKey key, PathRule rule, IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        Request(Without(key, rule), containers, plan);
        Apply(containers.Where(container => key.Matches(container.Description)), plan);
    }

    /// <summary>What is watched for is looked at as far as it differs: of the configuration there may be thousands of rules.</summary>
    private void Request(ImmutableArray<(ContainerKey Key, PathRule Rule)> requests, IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        HashSet<PathPattern> before = [.. Requests.Select(request => request.Rule.Source)];
        Requests = requests;
        foreach (PathPattern pattern in requests.Select(request => request.Rule.Source).Where(pattern => !before.Remove(pattern)))
        {
            sources.Watch(pattern, plan);
        }

        foreach (PathPattern pattern in before.Where(pattern =>
            !_sources.Contains(pattern) && !containers.Any(container => container.Labels.Rules is { } own && own.Paths.Any(rule => rule.Source == pattern))))
        {
            sources.Unwatch(pattern, plan);
        }
    }

    /// <summary>Finds the container's rules anew; bindings whose rule is gone lose their candidates.</summary>
    private void Match(ContainerState container)
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

    private void Apply(IEnumerable<ContainerState> concerned, Plan plan)
    {
        foreach (ContainerState container in concerned)
        {
            Match(container);
            DeviceBook.Equip(container, plan);
        }

        devices.Reconsider();
    }

    /// <summary>Without the setting no container has patterns of its own.</summary>
    private void WatchLabels(IReadOnlyCollection<ContainerState> containers, Plan plan)
    {
        if (Labels is not null)
        {
            Watch(containers, plan);
        }
    }

    private void Watch(IReadOnlyCollection<ContainerState> containers, Plan plan) => sources.WatchOnly(
        [
            .. Requests.Select(request => request.Rule.Source),
            .. _sources,
            .. containers.SelectMany(container => container.Labels.Rules?.Paths ?? []).Select(rule => rule.Source),
        ],
        plan);

    private IEnumerable<ContainerRules> RulesOf(ContainerState container) =>
        [.. _index.Of(container.Description), .. container.Labels.Rules is { } own ? (ContainerRules[])[own] : []];

    private ImmutableArray<(ContainerKey Key, PathRule Rule)> Without(ContainerKey key, PathRule rule) =>
        Requests.RemoveAll(request => request.Key == key && request.Rule.Mapping == rule.Mapping);
}
