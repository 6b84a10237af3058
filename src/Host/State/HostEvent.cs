using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>Everything that can happen. A closed family; the only thing that changes <see cref="HostState"/>.</summary>
internal abstract record HostEvent
{
    private HostEvent() { }

    /// <summary>A configuration is in force from now on: its rules, and what labels may ask for (null: nothing).</summary>
    internal sealed record ConfigurationChanged(ImmutableArray<ContainerRules> Containers, LabelPolicy? Labels = null) : HostEvent;

    /// <summary>A runtime says that a container runs, and it was opened. The entry belongs to the lane from here on.</summary>
    internal sealed record ContainerStarted(ContainerDescription Container, ContainerEntry? Entry) : HostEvent;

    /// <summary>A runtime says that a container runs, but it cannot be entered.</summary>
    internal sealed record ContainerUnreachable(ContainerDescription Container, string Reason) : HostEvent;

    /// <summary>The lane cannot work in the container.</summary>
    internal sealed record ContainerBroken(ContainerId Container, int Run, string Reason) : HostEvent;

    /// <summary>The lane has looked what is left of earlier mounts and devices; now steps may come.</summary>
    /// <param name="Container">Which.</param>
    /// <param name="Run">Which run of it.</param>
    /// <param name="Found">The mounts that are left.</param>
    /// <param name="Devices">The devices that it was told of, and what they need.</param>
    internal sealed record ContainerReady(ContainerId Container, int Run, ImmutableArray<Attachment> Found, GivenDevices Devices) : HostEvent;

    /// <summary>
    /// The container no longer runs: its runtime says so (<paramref name="Run"/> null) or its first process has ended. Or nobody tells of it
    /// any more, and <paramref name="Why"/>.
    /// </summary>
    internal sealed record ContainerStopped(ContainerId Container, int? Run, string? Why = null) : HostEvent;

    /// <summary>A file that a pattern means is there, or is another than before.</summary>
    internal sealed record PathAppeared(PathPattern Pattern, string Path, FileIdentity Identity) : HostEvent;

    /// <summary>It is there no longer.</summary>
    internal sealed record PathVanished(PathPattern Pattern, string Path) : HostEvent;

    /// <summary>The pattern was looked at for the first time; what was not reported does not exist.</summary>
    internal sealed record PatternScanned(PathPattern Pattern) : HostEvent;

    /// <summary>A pattern cannot be watched, or can again (null).</summary>
    internal sealed record PatternFailed(PathPattern Pattern, string? Reason) : HostEvent;

    /// <summary>Somebody asks for a binding beyond the configuration.</summary>
    internal sealed record BindRequested(ContainerKey Container, PathRule Rule) : HostEvent;

    /// <summary>Such a binding is taken back.</summary>
    internal sealed record UnbindRequested(ContainerKey Container, PathRule Rule) : HostEvent;

    /// <summary>A step was carried out at a moment (since the Unix epoch); <paramref name="Attachment"/> is what is mounted now, null when nothing is.</summary>
    internal sealed record StepSucceeded(ContainerId Container, int Run, Step Step, Attachment? Attachment, TimeSpan Moment) : HostEvent;

    /// <summary>A step failed and left things as they were.</summary>
    internal sealed record StepFailed(ContainerId Container, int Run, Step Step, string Reason, bool SourceMissing) : HostEvent;

    /// <summary>Somebody in a container has changed mounts of ours.</summary>
    internal sealed record MountsChanged(ContainerId Container, int Run, ImmutableArray<ForeignChange> Changes) : HostEvent;

    /// <summary>A device of the host has come, has changed, or has gone.</summary>
    internal sealed record DeviceChanged(DeviceChange Change) : HostEvent;

    /// <summary>The devices of the host were listed, and these are all.</summary>
    internal sealed record DevicesListed(ImmutableArray<Device> Devices) : HostEvent;

    /// <summary>The lane is ready to tell a container of devices, which it was not when the container started.</summary>
    internal sealed record DevicesOpened(ContainerId Container, int Run, GivenDevices Devices) : HostEvent;

    /// <summary>A container was told of a device, at a moment (since the Unix epoch).</summary>
    internal sealed record DeviceStepDone(ContainerId Container, int Run, Step.OnDevice Step, DeviceOutcome Outcome, TimeSpan Moment) : HostEvent;

    /// <summary>Somebody had taken a container's permission for its devices away, and it has it again.</summary>
    internal sealed record PermissionRenewed(ContainerId Container, int Run) : HostEvent;

    /// <summary>A client is to run in a container from this file, or none any more (null).</summary>
    internal sealed record ClientWanted(ContainerId Container, int Run, ClientFile? Client) : HostEvent;

    /// <summary>A mount strategy has come, in another version perhaps: what one could not do before is tried again.</summary>
    internal sealed record StrategiesChanged : HostEvent;

    /// <summary>Everything is to be unmounted and nothing mounted any more: the server ends.</summary>
    internal sealed record Draining : HostEvent;
}
