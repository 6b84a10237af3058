using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration;

/// <summary>Rules that have a name of their own, for everybody to use (<c>_use</c>): what a thing such as a gamepad needs inside a container.</summary>
/// <param name="Name">That of its file, without <c>.json</c>.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Paths">As of a container.</param>
/// <param name="Filters">As of a container; they hold without <c>_filter_udev_events</c>.</param>
/// <param name="Environment">As of a container.</param>
/// <param name="Text">What its file says, without comments.</param>
internal sealed record Preset(
    string Name,
    string Description,
    ImmutableArray<PathRule> Paths,
    ImmutableArray<UdevFilter> Filters,
    ImmutableArray<string> Environment,
    string Text);
