using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration;

/// <summary><c>_filter_udev_events</c> and <c>_udev_filters</c>: checked now, served by the device work to come.</summary>
/// <param name="Enabled"><c>_filter_udev_events</c>: forward what the filters match; false: forward nothing.</param>
/// <param name="Filters">A device is meant when one of them matches it.</param>
internal sealed record UdevRules(bool Enabled, ImmutableArray<UdevFilter> Filters)
{
    /// <summary>Nothing is forwarded.</summary>
    internal static UdevRules None { get; } = new(false, []);
}

/// <summary>Matches a device when each member that is there matches. At least one is.</summary>
internal sealed record UdevFilter
{
    /// <summary>The kernel's subsystem, such as <c>hidraw</c> (SUBSYSTEM).</summary>
    internal string? Subsystem { get; init; }

    /// <summary>The kind of device within the subsystem, such as <c>usb_device</c> (DEVTYPE).</summary>
    internal string? DeviceType { get; init; }

    /// <summary>A glob for the path of its node, such as <c>/dev/ttyUSB*</c> (DEVNAME). Absolute and normalised.</summary>
    internal string? DeviceNode { get; init; }

    /// <summary>A tag that udev rules gave it, such as <c>uaccess</c> (TAGS).</summary>
    internal string? Tag { get; init; }

    /// <summary>udev property → glob that its value matches.</summary>
    internal ImmutableSortedDictionary<string, string> Properties { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Matches one of the devices above it in sysfs, at any distance.</summary>
    internal UdevFilter? Parent { get; init; }
}
