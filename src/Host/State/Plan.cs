using ContainerManager.Abstractions;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.State;

/// <summary>What follows from an event. Filled by <see cref="HostState.Advance"/>, used once, cleared and filled again.</summary>
internal sealed class Plan
{
    /// <summary>Steps for the lanes, in order for each container.</summary>
    internal List<PlannedStep> Steps { get; } = [];

    /// <summary>Patterns to begin to watch.</summary>
    internal List<PathPattern> Watch { get; } = [];

    /// <summary>Patterns nobody needs any more.</summary>
    internal List<PathPattern> Unwatch { get; } = [];

    /// <summary>Paths that the state believes in and that were not found: look again.</summary>
    internal List<(PathPattern Pattern, string Path)> Reexamine { get; } = [];

    /// <summary>What changed, for those who follow.</summary>
    internal List<StateChange> Changes { get; } = [];

    internal void Clear()
    {
        Steps.Clear();
        Watch.Clear();
        Unwatch.Clear();
        Reexamine.Clear();
        Changes.Clear();
    }
}

/// <summary>A step, the run of the container it is for, and the mount strategy that the configuration names for it.</summary>
internal readonly record struct PlannedStep(ContainerId Container, int Run, Step Step, string? Strategy = null);

/// <summary>Something that changed, as the event stream and the log tell it. The moment is since the Unix epoch; without one: just now.</summary>
internal sealed record StateChange(ChangeKind Kind, string Container, string? Source, string? Target, string? Detail, TimeSpan? Moment = null)
{
    /// <summary>Which container, where it is about one: names may be used by two runtimes.</summary>
    internal ContainerId? Id { get; init; }

    /// <summary>The device that it is about, as the container was told.</summary>
    internal Device? Device { get; init; }
}

/// <summary>The kinds of <see cref="StateChange"/>.</summary>
internal enum ChangeKind
{
    ContainerStarted,
    ContainerStopped,
    ContainerFailed,
    Attached,

    /// <summary>A mount of ours from before was found again, and left as it is.</summary>
    Recognised,
    Replaced,
    Detached,
    Failed,

    /// <summary>Somebody in the container has changed a mount of ours.</summary>
    ForeignChange,
    WatchFailed,
    WatchRecovered,
    DeviceAdded,
    DeviceChanged,
    DeviceRemoved,
    DeviceFailed,
    PermissionRenewed,
}
