using ContainerManager.Host.State;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>Changes of the state in the words of the control API.</summary>
internal static class ChangeRecords
{
    internal static EventRecord Of(StateChange change) =>
        new(
            change.Moment is { } moment ? DateTimeOffset.UnixEpoch + moment : DateTimeOffset.UtcNow,
            KindOf(change.Kind),
            change.Container.Length == 0 ? null : change.Container,
            change.Source,
            change.Target,
            change.Detail);

    private static string KindOf(ChangeKind kind) => kind switch
    {
        ChangeKind.ContainerStarted => "container-started",
        ChangeKind.ContainerStopped => "container-stopped",
        ChangeKind.ContainerFailed => "container-failed",
        ChangeKind.Attached => "attached",
        ChangeKind.Recognised => "recognised",
        ChangeKind.Replaced => "replaced",
        ChangeKind.Detached => "detached",
        ChangeKind.Failed => "failed",
        ChangeKind.ForeignChange => "foreign-change",
        ChangeKind.WatchFailed => "watch-failed",
        ChangeKind.WatchRecovered => "watch-recovered",
        ChangeKind.DeviceAdded => "device-added",
        ChangeKind.DeviceChanged => "device-changed",
        ChangeKind.DeviceRemoved => "device-removed",
        ChangeKind.DeviceFailed => "device-failed",
        ChangeKind.PermissionRenewed => "permission-renewed",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
