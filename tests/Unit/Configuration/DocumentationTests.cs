using System.Text;
using System.Text.RegularExpressions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Checks;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>What docs/configuration.md says is so.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "configuration.md"));

    private static readonly string Scenarios = Path.Combine(AppContext.BaseDirectory, "Configuration", "Scenarios");

    private static readonly string Recipes = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "recipes.md"));

    public static TheoryData<string> Examples => [.. ExamplePattern().Matches(Text + Recipes).Select(m => m.Groups[1].Value)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Each_example_is_a_good_file(string example) =>
        Assert.Empty(ConfigurationParser.Parse(Encoding.UTF8.GetBytes(example), "example", new PresetCatalog(PresetCatalog.ShippedDirectory)).Errors);

    [Fact]
    public void Each_preset_has_its_recipe() => Assert.All(
        new PresetCatalog(PresetCatalog.ShippedDirectory).Names, name => Assert.Contains($"\"{name}\"", Recipes, StringComparison.Ordinal));

    [Fact]
    public void The_first_example_is_the_seeds() =>
        Assert.Equal(File.ReadAllText(Path.Combine(Scenarios, "seed.conf")), ExamplePattern().Match(Text).Groups[1].Value);

    [Fact]
    public void Each_key_of_the_parser_is_described()
    {
        // What a wrong key is answered with is the list of the right ones.
        const string Wrong = """
            { "?": 1,
              "containerConfigs": { "a": { "?": 1, "_automount": { "/x": { "?": 1 } }, "_udev_filters": [{ "?": 1 }], "_namespace": { "?": 1 } } },
              "settings": { "?": 1, "labels": { "?": 1 } } }
            """;
        string[] keys = ConfigurationParser.Parse(Encoding.UTF8.GetBytes(Wrong), "f").Errors
            .Where(e => e.Expected.StartsWith("one of ", StringComparison.Ordinal))
            .SelectMany(e => e.Expected["one of ".Length..].Split(", "))
            .ToArray();

        Assert.Equal(3 + 15 + 7 + 16 + 6 + 12 + 2, keys.Length);
        Assert.All(keys, key => Assert.Contains($"`{key}`", Text, StringComparison.Ordinal));
        Assert.All(LogLevelNames.All, level => Assert.Contains($"`{level}`", Text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_errors_shown_are_those_given()
    {
        const string File = """
            {
              "containerConfigs": {
                "web": {

                    "_automont": {
                    },
                  "_inotify_watch": {

                    "/run/x": "/x"
                  }
                }
              }
            }
            """;
        ConfigurationResult result = ConfigurationParser.Parse(Encoding.UTF8.GetBytes(File), "/etc/container-manager.conf");
        Assert.All(result.Errors, e => Assert.Contains($"\n{e}\n", Text, StringComparison.Ordinal));
        Assert.Equal(2, result.Errors.Length);
    }

    [GeneratedRegex("^```json\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ExamplePattern();
}
