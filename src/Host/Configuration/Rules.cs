using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration;

/// <summary>A validated configuration. Immutable.</summary>
/// <param name="Containers">In the order of the file.</param>
/// <param name="Settings">Everything that does not belong to a container.</param>
internal sealed record ServerConfiguration(ImmutableArray<ContainerRules> Containers, Settings Settings);

/// <summary>What one key of <c>containerConfigs</c> asks for.</summary>
internal sealed record ContainerRules(
    ContainerKey Key,
    ImmutableArray<PathRule> Paths,
    UdevRules Udev,
    LaunchRequest? Namespace);

/// <summary>One entry of <c>_automount</c> or <c>_inotify_watch</c>, or one <c>bind</c> request.</summary>
/// <param name="Source">What to watch on the host.</param>
/// <param name="Mapping">Where it goes inside.</param>
/// <param name="Options">How it is mounted.</param>
/// <param name="Optional">A missing source is no cause for concern.</param>
/// <param name="Origin"><c>_automount</c>, <c>_inotify_watch</c> or <c>bind</c>.</param>
internal sealed record PathRule(PathPattern Source, TargetMapping Mapping, MountOptions Options, bool Optional, string Origin);

/// <summary><c>_filter_udev_events</c> and <c>_udev_filters</c>: checked now, served by the device work to come.</summary>
/// <param name="Enabled"><c>_filter_udev_events</c>.</param>
/// <param name="Subsystems">The filters.</param>
internal sealed record UdevRules(bool Enabled, ImmutableArray<string> Subsystems);

/// <summary>The top-level <c>settings</c>; null where neither the file nor the command line says anything.</summary>
internal sealed record Settings
{
    internal string? StateDirectory { get; init; }
    internal string? Socket { get; init; }
    internal string? PluginDirectory { get; init; }
    internal string? BindRoot { get; init; }
    internal string? LogLevel { get; init; }
    internal bool? UnmountOnExit { get; init; }

    /// <summary><c>settings.plugins.NAME</c>: handed to the plugin as it is.</summary>
    internal ImmutableDictionary<string, JsonElement> Plugins { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;
}
