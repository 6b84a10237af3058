using ContainerManager.Host.Configuration.Syntax;
using ContainerManager.Host.Paths;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Reads <c>settings.labels</c>.</summary>
internal static class LabelPolicyReader
{
    internal const string Key = "labels";

    private static readonly string[] s_known = ["paths", "presets"];

    internal static LabelPolicy? Read(ConfigurationValue? labels, PresetCatalog presets)
    {
        if (labels?.AsObject("an object such as { \"paths\": [\"/srv/shared/*\"], \"presets\": [\"wayland\"] }", s_known) is not { } members)
        {
            return null;
        }

        ConfigurationValue? paths = members["paths"];
        IReadOnlyList<ConfigurationValue>? named = paths?.AsItems(
            "an array of paths, in which *, ? and [] are wildcards, such as [\"/srv/shared/*\"]", paths.Node is SourceNode.String ? "write [\"/srv/shared/*\"]" : null);
        Preset[] used = [.. PresetReader.ReadUse(members["presets"], presets)];
        return new LabelPolicy(
            [.. (named ?? []).Select(ReadPath).OfType<PathPattern>()],
            [.. used.DistinctBy(preset => preset.Name)],
            string.Join('\n', [labels.Node.ToText(), .. used.Select(preset => preset.Text)]));
    }

    private static PathPattern? ReadPath(ConfigurationValue value)
    {
        if (value.AsText("a path") is not { } text)
        {
            return null;
        }

        if (!PathText.TryNormalisePattern(text, out string? pattern, out PathFault? fault))
        {
            value.Fail(fault.Expected, fault.Hint);
            return null;
        }

        if (pattern == "/")
        {
            value.Fail("a path beneath the root", "with the whole host a container is as good as its root: name what it may have");
            return null;
        }

        return new PathPattern(pattern, EntriesOfDirectory: false);
    }
}
