using System.Collections.Immutable;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Host.DeviceRules;

/// <summary>Which filter means a device.</summary>
/// <param name="Filter">It.</param>
/// <param name="Through">What the device hangs from and the filter names; null when it names the device itself.</param>
internal sealed record DeviceMatch(UdevFilter Filter, Device? Through)
{
    /// <summary>The first filter that means the device.</summary>
    internal static DeviceMatch? Find(ImmutableArray<UdevFilter> filters, Device device)
    {
        foreach (UdevFilter filter in filters)
        {
            if (Of(filter, device) is { } match)
            {
                return match;
            }
        }

        return null;
    }

    /// <summary>Whether a filter means a device: itself, or what it hangs from.</summary>
    internal static DeviceMatch? Of(UdevFilter filter, Device device)
    {
        if (ConditionCheck.Matches(filter.Condition, device))
        {
            return new DeviceMatch(filter, null);
        }

        for (int distance = 0; distance < device.Parents.Length; distance++)
        {
            Device above = device.Parents[distance];
            if (Carries(above, distance, device) && ConditionCheck.Matches(filter.Condition, above))
            {
                return new DeviceMatch(filter, above);
            }
        }

        return null;
    }

    /// <summary>
    /// What hangs from a device goes where the device goes: partitions with their disk, the joystick with its input device; and from something on
    /// a bus, everything, as the serial port with its USB adapter. But what is plugged into a hub is a device of its own.
    /// </summary>
    private static bool Carries(Device above, int distance, Device device) => above.OnBus
        ? !device.Parents.Take(distance).Prepend(device).Any(between => between.OnBus && between.Subsystem == above.Subsystem && between.Type == above.Type)
        : above.Subsystem == device.Subsystem;
}
