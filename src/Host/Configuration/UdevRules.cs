using System.Collections.Immutable;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Configuration;

/// <summary><c>_filter_udev_events</c> and <c>_udev_filters</c>: which devices a container gets.</summary>
/// <param name="Enabled"><c>_filter_udev_events</c>: the container gets what the filters match; false: no device at all.</param>
/// <param name="Filters">A device is meant when one of them matches it, or what it hangs from.</param>
internal sealed record UdevRules(bool Enabled, ImmutableArray<UdevFilter> Filters)
{
    /// <summary>No device.</summary>
    internal static UdevRules None { get; } = new(false, []);
}

/// <summary>One filter: which devices it means, and what a container gets of them.</summary>
/// <param name="Condition">Which.</param>
/// <param name="Admission">What.</param>
internal sealed record UdevFilter(DeviceCondition Condition, DeviceAdmission Admission);

/// <summary>Matches a device when each member that is there matches. At least one is.</summary>
internal sealed record DeviceCondition
{
    /// <summary>The kernel's subsystem, such as <c>hidraw</c> (SUBSYSTEM).</summary>
    internal string? Subsystem { get; init; }

    /// <summary>The kind of device within the subsystem, such as <c>usb_device</c> (DEVTYPE).</summary>
    internal string? DeviceType { get; init; }

    /// <summary>A glob for the path of its node, such as <c>/dev/ttyUSB*</c> (DEVNAME). Absolute and normalised.</summary>
    internal string? DeviceNode { get; init; }

    /// <summary>A tag that udev rules gave it, such as <c>uaccess</c> (TAGS).</summary>
    internal string? Tag { get; init; }

    /// <summary>A glob for the maker: the number as <c>lsusb</c> shows it (<c>046d</c>), or the name.</summary>
    internal string? Vendor { get; init; }

    /// <summary>A glob for the model: the number as <c>lsusb</c> shows it, or the name.</summary>
    internal string? Product { get; init; }

    /// <summary>A glob for the serial number.</summary>
    internal string? Serial { get; init; }

    /// <summary>udev property → glob that its value matches.</summary>
    internal ImmutableSortedDictionary<string, string> Properties { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Matches one of the devices above it in sysfs, at any distance.</summary>
    internal DeviceCondition? Parent { get; init; }
}

/// <summary>What a container gets of a device, and how.</summary>
internal sealed record DeviceAdmission
{
    /// <summary>Everything, as on the host.</summary>
    internal static DeviceAdmission Whole { get; } = new();

    /// <summary>One container at a time has it.</summary>
    public bool Exclusive { get; init; }

    /// <summary>Who the node belongs to, inside. Null: as on the host, and to root inside where the host's ids mean nothing.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The permission bits of the node. Null: as on the host.</summary>
    public uint? Mode { get; init; }

    /// <summary>The node, and its symbolic links.</summary>
    public bool Node { get; init; } = true;

    /// <summary>The permission of the container's device cgroup.</summary>
    public bool Permission { get; init; } = true;

    /// <summary>What udev knows of it, in the container's <c>/run/udev</c>.</summary>
    public bool Database { get; init; } = true;

    /// <summary>The events.</summary>
    public bool Events { get; init; } = true;
}
