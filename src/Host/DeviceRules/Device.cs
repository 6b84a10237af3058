using System.Collections.Immutable;
using ContainerManager.Linux;

namespace ContainerManager.Host.DeviceRules;

/// <summary>A device of the host as udev and sysfs tell of it, at one moment. Immutable.</summary>
internal sealed record Device
{
    /// <summary>Its path in sysfs without <c>/sys</c> (DEVPATH).</summary>
    internal required string Path { get; init; }

    /// <summary>SUBSYSTEM</summary>
    internal required string Subsystem { get; init; }

    /// <summary>DEVTYPE</summary>
    internal string? Type { get; init; }

    /// <summary>It is on a bus, so that devices of other subsystems hang from it (the subsystem is one of <c>/sys/bus</c>, not of <c>/sys/class</c>).</summary>
    internal bool OnBus { get; init; }

    /// <summary>Its node; null when it has none.</summary>
    internal DeviceNode? Node { get; init; }

    /// <summary>The symbolic links to its node that udev has made, absolute (DEVLINKS).</summary>
    internal ImmutableArray<string> Links { get; init; } = [];

    /// <summary>All tags that it ever had (TAGS).</summary>
    internal ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Everything udev says of it, in its order; what it is found by above included.</summary>
    internal ImmutableArray<KeyValuePair<string, string>> Properties { get; init; } = [];

    /// <summary>
    /// What tells it from another that was at the same path before (USEC_INITIALIZED). Empty where no udev runs.
    /// </summary>
    internal string Incarnation { get; init; } = "";

    /// <summary>Its file in the udev database: name, such as <c>c189:1</c>, and content. Null: it has none.</summary>
    internal DatabaseFile? Record { get; init; }

    /// <summary>What it hangs from, the nearest first.</summary>
    internal ImmutableArray<Device> Parents { get; init; } = [];

    /// <summary>The value of a property, or null.</summary>
    internal string? this[string property]
    {
        get
        {
            foreach ((string name, string value) in Properties)
            {
                if (name == property)
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>What a person calls it.</summary>
    internal string Name => Node?.Path ?? Path;
}

/// <summary>A node in <c>/dev</c>.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Identity">Which node it is.</param>
internal sealed record DeviceNode(string Path, FileIdentity Identity);

/// <summary>A file in <c>/run/udev/data</c>.</summary>
/// <param name="Name">Its name: the id that libudev looks for.</param>
/// <param name="Content">As udevd wrote it.</param>
internal sealed record DatabaseFile(string Name, ImmutableArray<byte> Content);

/// <summary>Something that happened to a device.</summary>
/// <param name="Action">ACTION, as the kernel says it: <c>add</c>, <c>change</c>, <c>bind</c> …</param>
/// <param name="Device">As it is after that; when it was removed, as it was last.</param>
/// <param name="Sequence">SEQNUM; 0: nobody counted it.</param>
internal sealed record DeviceChange(string Action, Device Device, ulong Sequence)
{
    /// <summary>The kernel's word for a device that has come.</summary>
    internal const string Add = "add";

    /// <summary>The kernel's word for a device that has gone.</summary>
    internal const string Remove = "remove";

    /// <summary>The kernel's word for a device that is as it is now.</summary>
    internal const string Changed = "change";

    /// <summary>The path that the device had before (DEVPATH_OLD); null: the same.</summary>
    internal string? MovedFrom { get; init; }

    /// <summary>The device is there no longer.</summary>
    internal bool IsRemoval => Action == Remove;
}
