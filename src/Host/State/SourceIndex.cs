using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>What exists on the host, by the patterns that are watched, and which rules of which containers want to know.</summary>
internal sealed class SourceIndex
{
    private readonly Dictionary<PathPattern, WatchedPattern> _patterns = [];

    internal WatchedPattern? Find(PathPattern pattern) => _patterns.GetValueOrDefault(pattern);

    /// <summary>Watches exactly these patterns.</summary>
    internal void WatchOnly(HashSet<PathPattern> wanted, Plan plan)
    {
        foreach (PathPattern pattern in _patterns.Keys.Where(pattern => !wanted.Contains(pattern)).ToList())
        {
            Unwatch(pattern, plan);
        }

        foreach (PathPattern pattern in wanted)
        {
            Watch(pattern, plan);
        }
    }

    /// <summary>Watches one more, if it is not watched already.</summary>
    internal void Watch(PathPattern pattern, Plan plan)
    {
        if (!_patterns.ContainsKey(pattern))
        {
            _patterns.Add(pattern, new WatchedPattern());
            plan.Watch.Add(pattern);
        }
    }

    /// <summary>Watches one of them no longer.</summary>
    internal void Unwatch(PathPattern pattern, Plan plan)
    {
        if (_patterns.Remove(pattern))
        {
            plan.Unwatch.Add(pattern);
        }
    }

    /// <summary>Patterns of the container's rules of which is not known yet what exists.</summary>
    internal ImmutableArray<PathPattern> Unscanned(ContainerState container) =>
        [.. container.Rules.Select(rule => rule.Source).Where(pattern => Find(pattern) is { Scanned: false }).Distinct()];

    /// <summary>Registers the container's rules and gives it the candidates that exist.</summary>
    internal void Connect(ContainerState container)
    {
        for (int rule = 0; rule < container.Rules.Length; rule++)
        {
            PathRule pathRule = container.Rules[rule];
            if (Find(pathRule.Source) is not { } watched)
            {
                continue;
            }

            watched.Users.Add(new RuleUse(container, rule));
            foreach ((string path, FileIdentity identity) in watched.Paths)
            {
                RuleUse use = new(container, rule);
                BindingState binding = use.BindingFor(path);
                Candidate candidate = use.CandidateFor(path, identity);
                container.Update(binding, b => b.SetCandidate(candidate));
            }
        }
    }

    /// <summary>Forgets the container's rules. Its bindings keep their candidates.</summary>
    internal void Disconnect(ContainerState container)
    {
        foreach (PathRule rule in container.Rules)
        {
            Find(rule.Source)?.Users.RemoveAll(use => ReferenceEquals(use.Container, container));
        }
    }
}

/// <summary>One watched pattern.</summary>
internal sealed class WatchedPattern
{
    internal Dictionary<string, FileIdentity> Paths { get; } = new(StringComparer.Ordinal);

    internal List<RuleUse> Users { get; } = [];

    /// <summary>It was looked at: what is not in <see cref="Paths"/> does not exist.</summary>
    internal bool Scanned { get; set; }

    /// <summary>Why it cannot be watched fully.</summary>
    internal string? Failure { get; set; }
}

/// <summary>A rule of a running container that uses a pattern.</summary>
internal readonly record struct RuleUse(ContainerState Container, int Rule)
{
    internal BindingState BindingFor(string path)
    {
        PathRule rule = Container.Rules[Rule];
        return Container.At(rule.Mapping.TargetOf(rule.Source, path));
    }

    internal Candidate CandidateFor(string path, FileIdentity identity)
    {
        PathRule rule = Container.Rules[Rule];
        return new Candidate(Rule, path, identity, rule.Options, rule.Origin) { RefusesLinks = rule.Source.RefusesLinks };
    }
}
