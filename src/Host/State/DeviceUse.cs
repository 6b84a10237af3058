using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;

namespace ContainerManager.Host.State;

/// <summary>One device in one container: what the container knows of it, and what it shall hear next.</summary>
internal sealed class DeviceUse(string path)
{
    private readonly Queue<DeviceTurn> _queue = [];
    private DeviceTurn? _last;

    /// <summary>The device's path in sysfs.</summary>
    internal string Path => path;

    /// <summary>The device as the container was told last, or is just being told; null when it does not have it.</summary>
    internal DeviceTurn? Shown { get; set; }

    /// <summary>What an earlier server has given it of the device is known, and not only that it has it.</summary>
    internal bool AdmissionIsKnown { get; set; }

    /// <summary>What waits for the node before it can be told.</summary>
    internal DeviceTurn? Current { get; set; }

    /// <summary>Why <see cref="Current"/> cannot go on.</summary>
    internal string? Problem { get; set; }

    /// <summary>What came of the last step.</summary>
    internal DeviceOutcome? Outcome { get; set; }

    /// <summary>Steps that the lane has not carried out yet.</summary>
    internal int Outstanding { get; set; }

    /// <summary>What it will be when everything is told; null when the container will not have it.</summary>
    internal DeviceTurn? Latest => Lasting(_queue.Count > 0 ? _last : Current ?? Shown);

    /// <summary>Something is still to be told.</summary>
    internal bool IsMoving => Current is not null || _queue.Count > 0;

    internal bool IsEmpty => !IsMoving && Shown is null && Outstanding == 0;

    internal bool HasNext => _queue.Count > 0;

    internal void Add(DeviceTurn turn)
    {
        _queue.Enqueue(turn);
        _last = turn;
    }

    internal DeviceTurn Next() => _queue.Dequeue();

    /// <summary>Nothing more is to be told.</summary>
    internal void Clear()
    {
        _queue.Clear();
        (Current, Problem) = (null, null);
    }

    private static DeviceTurn? Lasting(DeviceTurn? turn) => turn is { Kind: DeviceTurnKind.Go } ? null : turn;
}

/// <summary>One thing that a container is told of a device.</summary>
/// <param name="Kind">Whether it comes, changes or goes.</param>
/// <param name="Change">What happened, as the event says.</param>
/// <param name="Admission">What the container gets of it.</param>
/// <param name="Filter">The place of the filter that means it among those of the container.</param>
internal sealed record DeviceTurn(DeviceTurnKind Kind, DeviceChange Change, DeviceAdmission Admission, int Filter)
{
    internal Device Device => Change.Device;

    /// <summary>The node that the container gets; null: none.</summary>
    internal DeviceNode? Node => Admission.Node ? Device.Node : null;
}

/// <summary>The kinds of <see cref="DeviceTurn"/>.</summary>
internal enum DeviceTurnKind
{
    Come,
    Change,
    Go,
}

/// <summary>How each part of a device's admission went. A text is the reason why that part is missing.</summary>
/// <param name="Permission">Of the device cgroup.</param>
/// <param name="Database">Of the container's <c>/run/udev</c>, and of the links to the node.</param>
/// <param name="Events">Of the event.</param>
internal sealed record DeviceOutcome(PartOutcome Permission, PartOutcome Database, PartOutcome Events)
{
    /// <summary>The first reason there is.</summary>
    internal string? Failure => Permission.Reason ?? Database.Reason ?? Events.Reason;
}

/// <summary>How one part went.</summary>
/// <param name="Word">In a word: <c>granted</c>, <c>needless</c>, <c>sent</c>, <c>off</c>, <c>failed</c> …</param>
/// <param name="Reason">Why not.</param>
internal readonly record struct PartOutcome(string Word, string? Reason = null)
{
    /// <summary>The rule does not want it.</summary>
    internal static PartOutcome Off { get; } = new("off");

    internal static PartOutcome Failed(string reason) => new("failed", reason);
}
