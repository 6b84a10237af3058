using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>_udev_filters</c> and <c>_filter_udev_events</c>.</summary>
internal static class UdevReader
{
    private const string Filter = "a subsystem such as \"hidraw\", or an object such as { \"subsystem\": \"tty\", \"devnode\": \"/dev/ttyUSB*\" }";
    private static readonly string[] FilterMembers = ["subsystem", "devtype", "devnode", "tag", "properties", "parent"];

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
            return ReadName(filter, Filter) is { } subsystem ? new UdevFilter { Subsystem = subsystem } : null;
        }

        if (filter.AsObject(Filter, FilterMembers) is not { } members)
        {
            return null;
        }

        var result = new UdevFilter
        {
            Subsystem = ReadName(members["subsystem"], "a subsystem such as \"hidraw\""),
            DeviceType = ReadName(members["devtype"], "a device type such as \"usb_device\""),
            DeviceNode = ReadDeviceNode(members["devnode"]),
            Tag = ReadName(members["tag"], "a tag such as \"uaccess\""),
            Properties = ReadProperties(members["properties"]),
            Parent = members["parent"] is { } parent ? ReadFilter(parent) : null,
        };
        if (SaysNothing((SourceNode.Object)filter.Node))
        {
            filter.Fail("at least one member", "an empty filter would match every device");
        }

        return result;
    }

    private static bool SaysNothing(SourceNode.Object filter) => filter.Members.All(member =>
        member is { Value: SourceNode.Null } or { Name: "properties", Value: SourceNode.Object { Members.IsEmpty: true } });

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
            else if (property.AsText("a glob such as \"046d\" or \"*\"") is not { } glob)
            {
                continue;
            }
            else if (GlobText.FaultOf(glob) is { } fault)
            {
                property.Fail(fault.Expected, fault.Hint);
            }
            else
            {
                result.Add(property.Name, glob);
            }
        }

        return result.ToImmutable();
    }
}
