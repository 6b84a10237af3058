using System.Collections.Immutable;
using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>containerConfigs</c>: key → rules.</summary>
internal static class ContainerReader
{
    private const string ForeignChange = "_on_foreign_change";

    private static readonly string[] Known =
    [
        PathRuleReader.Automount, PathRuleReader.InotifyWatch, "_udev_filters", "_filter_udev_events", "_namespace", "_strategy", "_client",
        MatchReader.Key, PresetReader.Use, CdiReader.Origin, EnvironmentReader.Key, "_on_attach", "_on_detach", "_on_udev", ForeignChange,
    ];

    internal static ImmutableArray<ContainerRules> Read(ConfigurationValue? section, PresetCatalog presets, CdiCatalog devices) =>
        [.. (section?.AsMembers("an object: container → rules") ?? []).Select(container => ReadContainer(container, presets, devices))];

    private static ContainerRules ReadContainer(ConfigurationValue container, PresetCatalog presets, CdiCatalog devices)
    {
        CheckKey(container);
        var key = new ContainerKey(container.Name);
        KnownMembers? members = container.IsNull ? null : container.AsObject("an object of rules", Known);
        if (members is null)
        {
            return new ContainerRules(key, [], UdevRules.None, null) { Text = container.Node.ToText() };
        }

        LocatedRule[] paths =
            [.. PathRuleReader.Read(members[PathRuleReader.Automount]), .. PathRuleReader.Read(members[PathRuleReader.InotifyWatch])];
        RuleCollisions.Report(paths);
        Preset[] used = [.. PresetReader.ReadUse(members[PresetReader.Use], presets)];
        string[] named = [.. CdiNameReader.Read(members[CdiReader.Origin])];
        CdiDevice[] found = [.. named.Select(devices.Find).OfType<CdiDevice>()];
        return new ContainerRules(
            key,
            [.. paths.Select(p => p.Rule), .. used.SelectMany(preset => preset.Paths), .. found.SelectMany(device => device.Paths)],
            WithPresets(UdevReader.Read(members["_filter_udev_events"], members["_udev_filters"]), members["_filter_udev_events"] is not null, used),
            NamespaceReader.Read(members["_namespace"], container),
            ReadStrategy(members["_strategy"]),
            ReadClient(members["_client"]),
            ReadHooks(members))
        {
            OnForeignChange = ReadForeignChange(members[ForeignChange]),
            Match = MatchReader.Read(members[MatchReader.Key]),
            Use = [.. used.Select(preset => preset.Name)],
            Cdi = [.. named],
            Environment = [.. found.SelectMany(device => device.Environment), .. used.SelectMany(preset => preset.Environment), .. EnvironmentReader.Read(members[EnvironmentReader.Key])],
            Text = string.Join('\n', [container.Node.ToText(), .. used.Select(preset => preset.Text), .. found.Select(device => device.Text)]),
        };
    }

    /// <summary>Presets bring their devices without being told so, but not where <c>_filter_udev_events</c> is false out loud.</summary>
    private static UdevRules WithPresets(UdevRules own, bool said, Preset[] used)
    {
        ImmutableArray<UdevFilter> filters = [.. used.SelectMany(preset => preset.Filters)];
        return filters.IsEmpty || (said && !own.Enabled) ? own : new UdevRules(true, [.. own.Enabled ? own.Filters : [], .. filters]);
    }

    private static ClientPolicy? ReadClient(ConfigurationValue? client)
    {
        const string Expected = "\"always\", \"on-demand\" or \"never\"";
        switch (client?.AsText(Expected))
        {
            case "always": return ClientPolicy.Always;
            case "on-demand": return ClientPolicy.OnDemand;
            case "never": return ClientPolicy.Never;
            case null: return null;
            default:
                client!.Fail(Expected);
                return null;
        }
    }

    private static ForeignChangePolicy? ReadForeignChange(ConfigurationValue? policy)
    {
        const string Expected = "\"restore\" or \"report\"";
        switch (policy?.AsText(Expected))
        {
            case "restore": return ForeignChangePolicy.Restore;
            case "report": return ForeignChangePolicy.Report;
            case null: return null;
            default:
                policy!.Fail(Expected);
                return null;
        }
    }

    private static HookCommands? ReadHooks(KnownMembers members) =>
        members["_on_attach"] is null && members["_on_detach"] is null && members["_on_udev"] is null
            ? null
            : new HookCommands(CommandReader.Read(members["_on_attach"]), CommandReader.Read(members["_on_detach"]), CommandReader.Read(members["_on_udev"]));

    private static string? ReadStrategy(ConfigurationValue? strategy)
    {
        const string Expected = "the name of a mount strategy, such as \"namespace\"";
        string? name = strategy?.AsText(Expected);
        if (name is not null && string.IsNullOrWhiteSpace(name))
        {
            strategy!.Fail(Expected);
        }

        return name;
    }

    private static void CheckKey(ConfigurationValue container)
    {
        var key = new ContainerKey(container.Name);
        if (key.Runtime is { } runtime && (runtime.Length == 0 || !runtime.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))))
        {
            container.FailName("the name of a runtime (lower-case letters and digits) before \":\"", "such as docker:web");
        }
        else if (key.NamePattern.Length == 0)
        {
            container.FailName("the name of a container", "\"*\" stands for every container");
        }
        else if (key.NamePattern.Any(IsNoneOfName))
        {
            container.FailName("the name of a container, in which only \"*\" and \"?\" are wildcards");
        }
    }

    // No engine has these in names; they would be other wildcards, escapes, paths or slips.
    private static bool IsNoneOfName(char c) => c is '/' or '\\' or '[' or ']' or '{' or '}' || char.IsWhiteSpace(c) || char.IsControl(c);
}
