using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.State;

/// <summary>One running container.</summary>
internal sealed class ContainerState(ContainerDescription description, int run)
{
    private readonly Dictionary<string, BindingState> _bindings = new(StringComparer.Ordinal);

    internal ContainerDescription Description { get; set; } = description;

    /// <summary>Counts the runs of all containers: what a step of an earlier run reports is ignored.</summary>
    internal int Run { get; } = run;

    /// <summary>Steps may be planned: the lane has answered.</summary>
    internal bool Ready { get; set; }

    /// <summary>
    /// Patterns of its rules that have not been looked at yet. Until then nothing that they may mean is detached for want of a source:
    /// after a restart of the server, what is mounted and in use must not blink.
    /// </summary>
    internal ImmutableArray<PathPattern> Unscanned { get; set; } = [];

    /// <summary>Why it cannot be entered.</summary>
    internal string? Unreachable { get; set; }

    /// <summary>The rules of all keys that match it: requests first, then the configuration in the order of the file, then what its labels ask for.</summary>
    internal ImmutableArray<PathRule> Rules { get; set; } = [];

    /// <summary>What the configuration says of it: all keys that match it, in the order of the file; then what its labels ask for.</summary>
    internal ImmutableArray<ContainerRules> Configured { get; private set; } = [];

    /// <summary>What its labels ask for.</summary>
    internal LabelRules Labels { get; set; } = LabelRules.None;

    /// <summary>Of what its labels ask for and it does not get, as it is told.</summary>
    internal IEnumerable<StateChange> RefusedLabels =>
        Labels.Refused.Select(refused => Changed(ChangeKind.Failed, refused.Asked, refused.Target, $"{refused.Label}: {refused.Reason}"));

    /// <summary>The mount strategy that the configuration names for it; null: the default.</summary>
    internal string? Strategy { get; private set; }

    /// <summary>What is done about a mount that somebody inside has changed.</summary>
    internal ForeignChangePolicy OnForeignChange { get; private set; }

    /// <summary>Whether a client may run in it.</summary>
    internal ClientPolicy Client { get; private set; }

    /// <summary>The hooks of all keys that match it, in the order of the file.</summary>
    internal ImmutableArray<HookCommands> Hooks { get; private set; } = [];

    /// <summary>Which devices it gets: the filters of all keys that match it, in the order of the file.</summary>
    internal ImmutableArray<UdevFilter> Filters { get; private set; } = [];

    /// <summary>The lane was asked to get ready for devices.</summary>
    internal bool DevicesAskedFor { get; set; }

    /// <summary>The lane is ready for devices.</summary>
    internal bool DevicesReady { get; set; }

    /// <summary>The environment of programs that are run in it: what all keys that match it say, each <c>NAME=value</c>, in the order of the file.</summary>
    internal ImmutableArray<string> Environment { get; private set; } = [];

    /// <summary>The devices that it has or is about to get or lose, by their paths in sysfs.</summary>
    internal Dictionary<string, DeviceUse> Devices { get; } = new(StringComparer.Ordinal);

    internal IReadOnlyCollection<BindingState> Bindings => _bindings.Values;

    /// <summary>How many bindings may have others beneath them; while 0, nesting need not be looked at.</summary>
    internal int Directories { get; private set; }

    /// <summary>Takes what all keys that match it say of more than paths, in the order of the file.</summary>
    internal void Configure(ImmutableArray<ContainerRules> rules)
    {
        Configured = rules;
        Strategy = rules.Select(one => one.Strategy).FirstOrDefault(name => name is not null);
        OnForeignChange = rules.Select(one => one.OnForeignChange).FirstOrDefault(policy => policy is not null) ?? ForeignChangePolicy.Restore;
        Client = rules.Select(one => one.Client).FirstOrDefault(policy => policy is not null) ?? ClientPolicy.OnDemand;
        Hooks = [.. rules.Select(one => one.Hooks).OfType<HookCommands>()];

        // Of several values the last counts, which is not to be a label's.
        Environment = [.. rules.OrderBy(one => ReferenceEquals(one, Labels.Rules) ? 0 : 1).SelectMany(one => one.Environment)];
        Filters = [.. rules.Where(one => one.Udev.Enabled).SelectMany(one => one.Udev.Filters)];
    }

    /// <summary>Something about it has changed.</summary>
    internal StateChange Changed(ChangeKind kind, string? source, string? target, string? detail, TimeSpan? moment = null) =>
        new(kind, Description.Name, source, target, detail, moment) { Id = Description.Id };

    internal BindingState At(string target)
    {
        if (!_bindings.TryGetValue(target, out BindingState? binding))
        {
            _bindings.Add(target, binding = new BindingState(target));
        }

        return binding;
    }

    internal bool TryGet(string target, [NotNullWhen(true)] out BindingState? binding) => _bindings.TryGetValue(target, out binding);

    /// <summary>No step is under way and none would follow.</summary>
    internal bool IsQuiet => Unreachable is not null ||
        (Ready && Moving == 0 && Devices.Values.All(use => use is { Outstanding: 0, IsMoving: false } or { Outstanding: 0, Problem: not null }));

    /// <summary>How many bindings have a step under way.</summary>
    internal int Moving { get; private set; }

    /// <summary>Changes a binding, keeping count of directories and of what is under way.</summary>
    internal void Update(BindingState binding, Action<BindingState> change)
    {
        Directories -= binding.CoversDirectory ? 1 : 0;
        Moving -= binding.InFlight is null ? 0 : 1;
        change(binding);
        Directories += binding.CoversDirectory ? 1 : 0;
        Moving += binding.InFlight is null ? 0 : 1;
    }

    /// <summary>What failed is worth another try.</summary>
    internal void TryFailedAgain()
    {
        foreach (BindingState binding in _bindings.Values)
        {
            binding.TryAgain();
        }
    }

    internal void DropIfEmpty(BindingState binding)
    {
        if (binding.IsEmpty)
        {
            _bindings.Remove(binding.Target);
        }
    }

    /// <summary>Bindings on whose directory the target lies or would lie, outermost last.</summary>
    internal IEnumerable<BindingState> Above(BindingState binding)
    {
        if (Directories == 0)
        {
            yield break;
        }

        Dictionary<string, BindingState>.AlternateLookup<ReadOnlySpan<char>> lookup = _bindings.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int slash = binding.Target.LastIndexOf('/'); slash > 0; slash = binding.Target.LastIndexOf('/', slash - 1))
        {
            if (lookup.TryGetValue(binding.Target.AsSpan(0, slash), out BindingState? above) && above.CoversDirectory)
            {
                yield return above;
            }
        }
    }

    /// <summary>Bindings that lie on the binding's mount.</summary>
    internal IEnumerable<BindingState> Beneath(BindingState binding)
    {
        if (!binding.CoversDirectory)
        {
            return [];
        }

        string prefix = binding.Target + "/";
        return _bindings.Values.Where(other => other.Target.StartsWith(prefix, StringComparison.Ordinal));
    }
}
