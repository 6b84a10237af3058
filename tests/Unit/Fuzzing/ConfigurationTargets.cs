using System.Globalization;
using System.Text;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>Configurations, drop-ins and presets: rules, or errors that point into the file.</summary>
internal static class ConfigurationTargets
{
    private static readonly string[] s_words =
    [
        "{", "}", "[", "]", ",", ":", "\"", "//", "/*", "*/", "\n", "null", "true", "\"containerConfigs\":{", "\"settings\":{", "\"_automount\":{", "\"_inotify_watch\":{", "\"_udev_filters\":[",
        "\"_filter_udev_events\":", "\"_namespace\":{", "\"_use\":[\"gamepads\"]", "\"_cdi\":[\"vendor.com/gpu=0\"]", "\"_match\":{", "\"_environment\":", "\"_on_attach\":", "\"Absolute\"", "\"Host\"",
        "\"target\":", "\"readOnly\":", "\"owner\":\"1000:1000\"", "\"mode\":\"0660\"", "/*/", "[a-", "**", "/../", "\\u0000", "\\ud800", "\u202e", "\uFEFF", "-0", "1e400",
    ];

    private static readonly PresetCatalog s_presets = new(PresetCatalog.ShippedDirectory);
    private static readonly CdiCatalog s_devices = new(Path.Combine(AppContext.BaseDirectory, "Fuzzing", "corpus", "cdi-json"));

    internal static readonly FuzzTarget Configuration = new("configuration", input =>
    {
        ConfigurationResult result = ConfigurationParser.Parse(input, "f", s_presets, s_devices);
        Assert.Equal(result.Configuration is null, result.Errors.Length > 0);
        AssertInside(input, result.Errors);
        if (result.Configuration is not { } configuration)
        {
            return false;
        }

        foreach (PathRule path in configuration.Containers.SelectMany(container => container.Paths))
        {
            AssertPath(path);
        }

        // Without its comments it is the same: 'config show' prints it so, and a reload compares it.
        string text = TextOf(input);
        Assert.Equal(text, TextOf(Encoding.UTF8.GetBytes(text)));
        Assert.Empty(ConfigurationParser.Parse(Encoding.UTF8.GetBytes(text), "f", s_presets, s_devices).Errors);
        return true;
    }, s_words);

    internal static readonly FuzzTarget Preset = new("preset", input =>
    {
        SourceText source = new(input, "f");
        ErrorList errors = new(source);
        SourceNode? tree = SourceTreeReader.Read(source, errors);
        Preset? preset = tree is null ? null : PresetReader.Read("f", ConfigurationValue.Root(tree, errors));
        Assert.True(preset is not null || !errors.IsEmpty);
        AssertInside(input, errors.InOrder());
        foreach (PathRule path in errors.IsEmpty ? preset!.Paths : [])
        {
            AssertPath(path);
        }

        return errors.IsEmpty;
    }, s_words);

    /// <summary>A source and a fixed target are absolute and lead nowhere else.</summary>
    internal static void AssertPath(PathRule rule)
    {
        foreach (string path in rule.Source.HasWildcard ? (string[])[rule.Source.Text] : [rule.Source.Text, rule.FixedTarget])
        {
            Assert.StartsWith("/", path, StringComparison.Ordinal);
            Assert.False(path.Contains('\0'));
            Assert.DoesNotContain("..", path.Split('/'));
        }
    }

    private static string TextOf(ReadOnlyMemory<byte> content)
    {
        SourceText source = new(content, "f");
        return SourceTreeReader.Read(source, new ErrorList(source))!.ToText();
    }

    private static void AssertInside(ReadOnlyMemory<byte> input, IEnumerable<ConfigurationError> errors)
    {
        int lines = input.Span.Count((byte)'\n') + 1;
        foreach (ConfigurationError error in errors)
        {
            Assert.NotNull(error.Position);
            Assert.InRange(error.Position.Value.Line, 1, lines);
            Assert.InRange(error.Position.Value.Column, 1, input.Length + 1);
            // One line, and nothing that a terminal acts upon.
            Assert.DoesNotContain(error.ToString(), character => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator);
        }
    }
}
