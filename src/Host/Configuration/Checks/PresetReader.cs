using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads the file of a preset, and <c>_use</c>, which names presets.</summary>
internal static class PresetReader
{
    internal const string Use = "_use";

    private static readonly string[] Known = ["description", PathRuleReader.Automount, PathRuleReader.InotifyWatch, "_udev_filters", EnvironmentReader.Key];

    internal static Preset? Read(string name, ConfigurationValue root)
    {
        if (root.AsObject("an object of rules such as { \"description\": \"…\", \"_automount\": { … } }", Known) is not { } members)
        {
            return null;
        }

        LocatedRule[] paths =
            [.. PathRuleReader.Read(members[PathRuleReader.Automount]), .. PathRuleReader.Read(members[PathRuleReader.InotifyWatch])];
        RuleCollisions.Report(paths);
        return new Preset(
            name,
            members["description"]?.AsText("a sentence") ?? "",
            [.. paths.Select(path => path.Rule)],
            UdevReader.Read(null, members["_udev_filters"]).Filters,
            EnvironmentReader.Read(members[EnvironmentReader.Key]),
            root.Node.ToText());
    }

    /// <summary>The presets that a container uses.</summary>
    internal static IEnumerable<Preset> ReadUse(ConfigurationValue? use, PresetCatalog presets)
    {
        IReadOnlyList<ConfigurationValue>? names =
            use?.AsItems("an array of names of presets, such as [\"gamepads\"]", use.Node is SourceNode.String ? "write [\"gamepads\"]" : null);
        return (names ?? []).Select(name => Find(name, presets)).OfType<Preset>().ToList();
    }

    private static Preset? Find(ConfigurationValue value, PresetCatalog presets)
    {
        if (value.AsText("the name of a preset, such as \"gamepads\"") is not { } name)
        {
            return null;
        }

        switch (presets.Find(name))
        {
            case null:
                value.Fail(presets.Names.Any() ? Words.OneOf([.. presets.Names]) : "the name of a preset, of which there is none", NearMiss.Hint(name, presets.Names));
                return null;
            case { Preset: { } preset }:
                return preset;
            case { Errors: var errors }:
                value.FailFor("a preset that is good", Printable.Quote(name), errors[0].ToString());
                return null;
        }
    }
}
