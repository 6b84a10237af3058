using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.DeviceRules;

/// <summary>Compares a device with a condition, and says what does not fit.</summary>
internal static class ConditionCheck
{
    /// <summary>Whether all members match.</summary>
    internal static bool Matches(DeviceCondition condition, Device device) =>
        (condition.Subsystem is null || condition.Subsystem == device.Subsystem) && Mismatch(condition, device) is null;

    /// <summary>The first member that does not match, in words; null when all do.</summary>
    internal static string? Mismatch(DeviceCondition condition, Device device) =>
        Word("subsystem", condition.Subsystem, device.Subsystem) ??
        Word("devtype", condition.DeviceType, device.Type) ??
        Path(condition.DeviceNode, device.Node?.Path) ??
        Tag(condition.Tag, device) ??
        Number("vendor", condition.Vendor, device, DeviceNaming.Vendor) ??
        Number("product", condition.Product, device, DeviceNaming.Product) ??
        Number("serial", condition.Serial, device, DeviceNaming.Serial) ??
        Properties(condition, device) ??
        Parent(condition.Parent, device);

    private static string? Word(string member, string? wanted, string? found) =>
        wanted is null || wanted == found ? null : $"{member} is {found ?? "not set"}, not {wanted}";

    private static string? Path(string? pattern, string? node)
    {
        if (pattern is null)
        {
            return null;
        }

        return node is not null && MatchesPath(pattern, node) ? null : $"devnode is {node ?? "not set"}, not {pattern}";
    }

    private static bool MatchesPath(string pattern, string path)
    {
        if (pattern == path)
        {
            return true;
        }

        string[] wanted = pattern.Split('/'), found = path.Split('/');
        return wanted.Length == found.Length && wanted.Zip(found).All(pair => Glob.Matches(pair.First, pair.Second));
    }

    private static string? Tag(string? tag, Device device) =>
        tag is null || device.Tags.Contains(tag) ? null : $"tag {tag} is not among {(device.Tags.IsEmpty ? "its (it has none)" : string.Join(", ", device.Tags))}";

    private static string? Number(string member, string? wanted, Device device, Func<Device, string[]> namesOf)
    {
        if (wanted is null)
        {
            return null;
        }

        string[] names = namesOf(device);
        string glob = wanted.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? wanted[2..] : wanted;
        return Array.Exists(names, name => MatchesValue(glob.ToLowerInvariant(), name.ToLowerInvariant()))
            ? null
            : $"{member} is {(names.Length == 0 ? "not known" : string.Join(" or ", names))}, not {wanted}";
    }

    private static string? Properties(DeviceCondition condition, Device device)
    {
        foreach ((string name, string glob) in condition.Properties)
        {
            if (device[name] is not { } value || !MatchesValue(glob, value))
            {
                return $"property {name} is {device[name] ?? "not set"}, not {glob}";
            }
        }

        return null;
    }

    /// <summary>A value is no file name: a leading dot and a slash are characters like others.</summary>
    private static bool MatchesValue(string glob, string value) => Glob.Matches("x" + glob, "x" + value);

    private static string? Parent(DeviceCondition? parent, Device device)
    {
        if (parent is null || device.Parents.Any(above => Matches(parent, above)))
        {
            return null;
        }

        return device.Parents.IsEmpty
            ? "it hangs from nothing"
            : $"of what it hangs from, none matches parent: of {device.Parents[^1].Path}, {Mismatch(parent, device.Parents[^1])}";
    }
}
