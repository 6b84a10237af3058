using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_udev_filters</c> and <c>_filter_udev_events</c>.</summary>
internal static class UdevReader
{
    private const string Filter = "a subsystem such as \"hidraw\", or an object such as { \"subsystem\": \"tty\", \"devnode\": \"/dev/ttyUSB*\" }";
    private static readonly string[] ConditionMembers =
        ["subsystem", "devtype", "devnode", "tag", "vendor", "product", "serial", "properties", "parent"];

    private static readonly string[] AdmissionMembers = ["exclusive", "owner", "mode", "node", "permission", "database", "events"];
    private static readonly string[] FilterMembers = [.. ConditionMembers, .. AdmissionMembers];

    internal static UdevRules Read(ConfigurationValue? enabled, ConfigurationValue? filters)
    {
        IReadOnlyList<ConfigurationValue>? items =
            filters?.AsItems("an array of filters", filters.Node is SourceNode.String ? "write [\"hidraw\"]" : null);
        return new UdevRules(enabled?.AsBoolean() ?? false, [.. (items ?? []).Select(ReadFilter).OfType<UdevFilter>()]);
    }

    private static UdevFilter? ReadFilter(ConfigurationValue filter)
    {
        if (filter.Node is SourceNode.String)
        {
            return ReadName(filter, Filter) is { } subsystem ? new UdevFilter(new DeviceCondition { Subsystem = subsystem }, DeviceAdmission.Whole) : null;
        }

        return filter.AsObject(Filter, FilterMembers) is { } members ? new UdevFilter(ReadCondition(filter, members), ReadAdmission(members)) : null;
    }

    /// <summary>A parent is only looked at: what the container gets is said of the device itself.</summary>
    private static DeviceCondition? ReadParent(ConfigurationValue parent)
    {
        if (parent.Node is SourceNode.String)
        {
            return ReadName(parent, Filter) is { } subsystem ? new DeviceCondition { Subsystem = subsystem } : null;
        }

        return parent.AsObject(Filter, ConditionMembers) is { } members ? ReadCondition(parent, members) : null;
    }

    private static DeviceCondition ReadCondition(ConfigurationValue filter, KnownMembers members)
    {
        DeviceCondition condition = new()
        {
            Subsystem = ReadName(members["subsystem"], "a subsystem such as \"hidraw\""),
            DeviceType = ReadName(members["devtype"], "a device type such as \"usb_device\""),
            DeviceNode = ReadDeviceNode(members["devnode"]),
            Tag = ReadName(members["tag"], "a tag such as \"uaccess\""),
            Vendor = ReadGlob(members["vendor"], "a vendor such as \"046d\""),
            Product = ReadGlob(members["product"], "a product such as \"c52b\""),
            Serial = ReadGlob(members["serial"], "a serial number, or a glob such as \"A10*\""),
            Properties = ReadProperties(members["properties"]),
            Parent = members["parent"] is { } parent ? ReadParent(parent) : null,
        };
        if (SaysNothing((SourceNode.Object)filter.Node))
        {
            filter.Fail($"at least one of {string.Join(", ", ConditionMembers)}", "a filter without any would match every device");
        }

        return condition;
    }

    private static DeviceAdmission ReadAdmission(KnownMembers members) => new()
    {
        Exclusive = members["exclusive"]?.AsBoolean() ?? false,
        Owner = OwnerText.Read(members["owner"]),
        Mode = ModeText.Read(members["mode"]),
        Node = members["node"]?.AsBoolean() ?? true,
        Permission = members["permission"]?.AsBoolean() ?? true,
        Database = members["database"]?.AsBoolean() ?? true,
        Events = members["events"]?.AsBoolean() ?? true,
    };

    private static bool SaysNothing(SourceNode.Object filter) => filter.Members.All(member =>
        member is { Value: SourceNode.Null } or { Name: "properties", Value: SourceNode.Object { Members.IsEmpty: true } } ||
        AdmissionMembers.Contains(member.Name));

    /// <summary>The words of the kernel and of udev that are compared whole.</summary>
    private static string? ReadName(ConfigurationValue? name, string expected)
    {
        if (name?.AsText(expected) is not { } text)
        {
            return null;
        }

        if (text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':'))
        {
            return text;
        }

        name.Fail(expected, text.StartsWith('/') ? $"a device node is written {{ \"devnode\": {Printable.Quote(text)} }}" : null);
        return null;
    }

    private static string? ReadDeviceNode(ConfigurationValue? node)
    {
        if (node?.AsText("the path of a device node, such as \"/dev/ttyUSB*\"") is not { } text)
        {
            return null;
        }

        if (PathText.TryNormalisePattern(text, out string? pattern, out PathFault? fault))
        {
            return pattern;
        }

        node.Fail(fault.Expected, fault.Hint);
        return null;
    }

    private static ImmutableSortedDictionary<string, string> ReadProperties(ConfigurationValue? properties)
    {
        var result = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (ConfigurationValue property in properties?.AsMembers("an object: property → glob") ?? [])
        {
            if (property.Name.Length == 0 || property.Name.AsSpan().ContainsAny('=', '\0'))
            {
                property.FailName("the name of a udev property, such as ID_VENDOR_ID");
            }
            else if (ReadGlob(property, "a glob such as \"046d\" or \"*\"") is { } glob)
            {
                result.Add(property.Name, glob);
            }
        }

        return result.ToImmutable();
    }

    private static string? ReadGlob(ConfigurationValue? value, string expected)
    {
        if (value?.AsText(expected) is not { } glob)
        {
            return null;
        }

        if (GlobText.FaultOf(glob) is { } fault)
        {
            value.Fail(fault.Expected, fault.Hint);
            return null;
        }

        return glob;
    }
}
