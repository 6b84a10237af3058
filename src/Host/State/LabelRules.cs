using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.State;

/// <summary>
/// What a container asks for by its labels, as far as <c>settings.labels</c> lets it. Pure. Labels are written by whoever starts containers: one that is
/// wrong, or asks for too much, is refused by itself, with the reason, and the rest goes on.
/// </summary>
/// <param name="Rules">As if the configuration said it; null: nothing.</param>
/// <param name="Refused">What it does not get.</param>
internal sealed record LabelRules(ContainerRules? Rules, ImmutableArray<RefusedLabel> Refused)
{
    /// <summary>Paths, as <c>_automount</c>.</summary>
    internal const string Automount = Prefix + "automount";

    /// <summary>Presets, as <c>_use</c>.</summary>
    internal const string Use = Prefix + "use";

    private const string Prefix = "container-manager.";

    /// <summary>No container needs more; one that asks for thousands shall not fill the memory and the status.</summary>
    private const int LongestLabel = 16 * 1024;

    private static readonly string[] s_known = [Automount, Use];

    internal static LabelRules None { get; } = new(null, []);

    /// <param name="container">Whose labels.</param>
    /// <param name="policy">What they may ask for; null: they are not looked at.</param>
    internal static LabelRules Of(ContainerDescription container, LabelPolicy? policy)
    {
        KeyValuePair<string, string>[] labels = policy is null
            ? []
            : [.. container.Labels.Where(label => label.Key.StartsWith(Prefix, StringComparison.Ordinal)).OrderBy(label => label.Key, StringComparer.Ordinal)];
        if (labels.Length == 0)
        {
            return None;
        }

        List<RefusedLabel> refused = [];
        ImmutableArray<PathRule>.Builder paths = ImmutableArray.CreateBuilder<PathRule>();
        ImmutableArray<Preset>.Builder presets = ImmutableArray.CreateBuilder<Preset>();
        foreach ((string label, string value) in labels)
        {
            if (Against(container, label, value) is { } reason)
            {
                refused.Add(new RefusedLabel(Printable.Key(label), Printable.Key(value), "", reason));
            }
            else if (label == Automount)
            {
                paths.AddRange(new LabelPaths(policy!, refused).Read(value));
            }
            else
            {
                presets.AddRange(ReadPresets(value, policy!, refused));
            }
        }

        return new LabelRules(RulesOf(container, paths.ToImmutable(), presets.ToImmutable()), [.. refused]);
    }

    /// <summary>Why a label counts for nothing, whatever it asks for; null: it does count.</summary>
    private static string? Against(ContainerDescription container, string label, string value)
    {
        if (!s_known.Contains(label))
        {
            return $"there is no such label; there are {string.Join(" and ", s_known)}" + (NearMiss.Find(label, s_known) is { } meant ? $" (did you mean {meant}?)" : "");
        }

        return container.Owner switch
        {
            // A user's reach is not ours: it would have to be compared at each component of the path, with the ids that are in force at that moment.
            null => "it is not known whose container this is, and labels count only in those of root's engines: write it into the configuration",
            not 0 and var user => $"labels count only in containers of root's engines, and this one is user {user}'s: write it into the configuration",
            _ when value.Length > LongestLabel => $"it is longer than {LongestLabel} characters: write it into the configuration",
            _ => null,
        };
    }

    private static IEnumerable<Preset> ReadPresets(string value, LabelPolicy policy, List<RefusedLabel> refused)
    {
        foreach (string name in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal))
        {
            if (policy.Presets.FirstOrDefault(preset => preset.Name == name) is { } allowed)
            {
                yield return allowed;
            }
            else
            {
                string all = policy.Presets.IsEmpty ? "none" : string.Join(", ", policy.Presets.Select(preset => preset.Name));
                refused.Add(new RefusedLabel(Use, Printable.Key(name), "", $"no preset that labels may use ({all}): add it to settings.labels.presets if they may"));
            }
        }
    }

    private static ContainerRules? RulesOf(ContainerDescription container, ImmutableArray<PathRule> paths, ImmutableArray<Preset> presets)
    {
        if (paths.IsEmpty && presets.IsEmpty)
        {
            return null;
        }

        ImmutableArray<UdevFilter> filters = [.. presets.SelectMany(preset => preset.Filters)];
        return new ContainerRules(
            new ContainerKey(container.Name),
            [.. paths, .. presets.SelectMany(preset => preset.Paths).Select(rule => rule with { Origin = Use })],
            filters.IsEmpty ? UdevRules.None : new UdevRules(true, filters),
            null)
        {
            Use = [.. presets.Select(preset => preset.Name)],
            Environment = [.. presets.SelectMany(preset => preset.Environment)],
        };
    }
}

/// <summary>Something that a label asks for in vain. Fit to be shown: what others wrote is quoted.</summary>
/// <param name="Label">Which.</param>
/// <param name="Asked">For what.</param>
/// <param name="Target">Where it was to be; empty: it is not known.</param>
/// <param name="Reason">Why not, and what to do.</param>
internal sealed record RefusedLabel(string Label, string Asked, string Target, string Reason);
