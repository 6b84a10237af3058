using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration;

/// <summary>A validated configuration. Immutable.</summary>
/// <param name="Containers">In the order of the file.</param>
/// <param name="Settings">Everything that does not belong to a container.</param>
internal sealed record ServerConfiguration(ImmutableArray<ContainerRules> Containers, Settings Settings)
{
    /// <summary>The devices that may be asked for: by the containers' rules, and by presets that labels may use.</summary>
    internal IEnumerable<UdevFilter> Filters =>
        [.. Containers.Where(rules => rules.Udev.Enabled).SelectMany(rules => rules.Udev.Filters), .. Settings.Labels?.Presets.SelectMany(preset => preset.Filters) ?? []];
}

/// <summary>What one key of <c>containerConfigs</c> asks for.</summary>
/// <param name="Key">Which containers it is about.</param>
/// <param name="Paths">
/// First those of <c>_automount</c>, then those of <c>_inotify_watch</c>, each in the order of the file. <b>Precedence:</b> where two
/// rules want something at the same target inside, the one that comes first here has it, and the other is content: in the seed's
/// example <c>/tmp/.X11-unix/X0</c> may be named itself and found in its watched directory. Two rules without wildcards that bring
/// <em>different</em> sources to one target contradict each other; the parser refuses them.
/// </param>
/// <param name="Udev">Which events and devices it is told of.</param>
/// <param name="Namespace">The light container of its own that the server starts; null: it only serves one that something else starts.</param>
/// <param name="Strategy">The mount strategy by name; null: the default. Which there are is not known here: plugins come and go.</param>
/// <param name="Client">Whether a client runs inside; null: the default.</param>
/// <param name="Hooks">What is run inside when something happens there; null: nothing.</param>
internal sealed record ContainerRules(
    ContainerKey Key,
    ImmutableArray<PathRule> Paths,
    UdevRules Udev,
    LaunchRequest? Namespace,
    string? Strategy = null,
    ClientPolicy? Client = null,
    HookCommands? Hooks = null)
{
    /// <summary>What a container must be besides (<c>_match</c>); null: nothing.</summary>
    internal ContainerMatch? Match { get; init; }

    /// <summary>What is done about a mount that somebody inside has changed (<c>_on_foreign_change</c>); null: the default.</summary>
    internal ForeignChangePolicy? OnForeignChange { get; init; }

    /// <summary>The presets that it uses (<c>_use</c>), in order; what they say is in the other members already, after what it says itself.</summary>
    internal ImmutableArray<string> Use { get; init; } = [];

    /// <summary>The devices of the Container Device Interface that it uses (<c>_cdi</c>), whether they are there or not; what they say is in the other members.</summary>
    internal ImmutableArray<string> Cdi { get; init; } = [];

    /// <summary>The environment of programs that are run inside (<c>_environment</c>): each <c>NAME=value</c>.</summary>
    internal ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>What the files say of it, without comments and with the presets that it uses: rules of the same text are the same rules.</summary>
    internal string Text { get; init; } = "";

    /// <summary>Whether they are about a container.</summary>
    internal bool Matches(ContainerDescription container) => Key.Matches(container) && Match?.Matches(container) != false;
}

/// <summary>What is done when somebody in a container unmounts, moves or hides a mount of ours (<c>_on_foreign_change</c>).</summary>
internal enum ForeignChangePolicy
{
    /// <summary>It is mounted again.</summary>
    Restore,

    /// <summary>It is said, and left as it is.</summary>
    Report,
}

/// <summary>Whether a client runs in a container (<c>_client</c>).</summary>
internal enum ClientPolicy
{
    /// <summary>When somebody needs it.</summary>
    OnDemand,

    /// <summary>All the time.</summary>
    Always,

    /// <summary>Not even when somebody needs it.</summary>
    Never,
}

/// <summary>One entry of <c>_automount</c> or <c>_inotify_watch</c>, or one <c>bind</c> request.</summary>
/// <param name="Source">What to watch on the host.</param>
/// <param name="Mapping">Where it goes inside.</param>
/// <param name="Options">How it is mounted.</param>
/// <param name="Optional">A missing source is no cause for concern.</param>
/// <param name="Origin"><c>_automount</c>, <c>_inotify_watch</c>, <c>bind</c>, or the label that asks for it.</param>
internal sealed record PathRule(PathPattern Source, TargetMapping Mapping, MountOptions Options, bool Optional, string Origin)
{
    /// <summary>Where a source without wildcards goes, before what is in a watched directory is known.</summary>
    internal string FixedTarget => Mapping.TargetOf(Source, Source.Text);
}
