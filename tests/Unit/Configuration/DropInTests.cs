using System.Text;
using System.Text.Json;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>The file, what is dropped in beside it, and the presets that they use.</summary>
public sealed class DropInTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("drop-ins-").FullName;

    private string Main => Path.Combine(_directory, "server.conf");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_dropped_in_comes_after_the_file_in_the_order_of_names()
    {
        Write("server.conf", """{ "containerConfigs": { "a": { "_automount": { "/1": "Absolute" } } }, "settings": { "bindRoot": "/file", "socket": "/file" } }""");
        Write("server.conf.d/20.json", """{ "containerConfigs": { "a": { "_automount": { "/3": "Absolute" } } }, "settings": { "socket": "/twenty" } }""");
        Write("server.conf.d/10.json", """{ "containerConfigs": { "b": { "_automount": { "/2": "Absolute" } } }, "settings": { "socket": "/ten" } }""");
        Write("server.conf.d/.hidden.json", "{");
        Write("server.conf.d/other.txt", "{");

        ServerConfiguration configuration = Load();

        Assert.Equal(["a /1", "b /2", "a /3"], configuration.Containers.Select(rules => $"{rules.Key} {rules.Paths[0].Source}"));
        Assert.Equal(("/twenty", "/file"), (configuration.Settings.Socket, configuration.Settings.BindRoot));
    }

    [Fact]
    public void Each_error_names_its_file()
    {
        Write("server.conf", """{ "containerConfig": {} }""");
        Write("server.conf.d/10.json", "{");
        Assert.Equal(
            [Main, Path.Combine(_directory, "server.conf.d/10.json")],
            ConfigurationFile.Load(Main).Errors.Select(error => error.File));
    }

    [Fact]
    public void A_preset_brings_its_rules_after_the_containers_own()
    {
        Write("server.presets.d/mine.json", """
            { "description": "Mine.", "_automount": { "/p": { "readOnly": true } }, "_udev_filters": ["hidraw"], "_environment": { "A": "preset", "B": "preset" } }
            """);
        Write("server.conf", """{ "containerConfigs": { "a": { "_use": ["mine"], "_automount": { "/o": "Absolute" }, "_environment": { "A": "own" } } } }""");
        ContainerRules rules = Assert.Single(Load().Containers);
        Assert.Equal(["/o", "/p"], rules.Paths.Select(path => path.Source.Text));
        Assert.True(rules.Udev.Enabled);
        Assert.Equal("hidraw", Assert.Single(rules.Udev.Filters).Condition.Subsystem);
        Assert.Equal(["A=preset", "B=preset", "A=own"], rules.Environment);
    }

    [Theory]
    [InlineData("", "mine")]
    [InlineData(""", "_filter_udev_events": true""", "own mine")]
    [InlineData(""", "_filter_udev_events": false""", "")]
    public void Devices_of_a_preset_come_unless_they_are_forbidden(string said, string expected)
    {
        Write("server.presets.d/mine.json", """{ "_udev_filters": ["mine"] }""");
        Write("server.conf", $$"""{ "containerConfigs": { "a": { "_use": ["mine"], "_udev_filters": ["own"]{{said}} } } }""");
        UdevRules udev = Assert.Single(Load().Containers).Udev;
        Assert.Equal(expected, udev.Enabled ? string.Join(' ', udev.Filters.Select(filter => filter.Condition.Subsystem)) : "");
    }

    [Fact]
    public void A_preset_of_ones_own_takes_the_place_of_its_namesake()
    {
        Write("server.presets.d/x11.json", """{ "_automount": { "/mine": "Absolute" } }""");
        Write("server.conf", """{ "containerConfigs": { "a": { "_use": ["x11"] } } }""");
        Assert.Equal("/mine", Assert.Single(Assert.Single(Load().Containers).Paths).Source.Text);
    }

    [Fact]
    public void A_preset_that_is_wrong_or_not_there_is_an_error_where_it_is_used()
    {
        Write("server.presets.d/broken.json", """{ "_automont": {} }""");
        Write("server.conf", """{ "containerConfigs": { "a": { "_use": ["broken", "gamepad", 1] } } }""");
        string[] errors = [.. ConfigurationFile.Load(Main).Errors.Select(error => error.ToString())];
        Assert.Equal(3, errors.Length);
        Assert.Contains("broken.json:1:3: _automont: expected one of description, _automount", errors[0], StringComparison.Ordinal);
        Assert.Contains("did you mean \"gamepads\"?", errors[1], StringComparison.Ordinal);
        Assert.Contains("expected the name of a preset", errors[2], StringComparison.Ordinal);
    }

    public static TheoryData<string> Shipped => [.. new PresetCatalog(PresetCatalog.ShippedDirectory).Names];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Each_preset_that_ships_is_good_and_described(string name)
    {
        (Preset? preset, var errors) = new PresetCatalog(PresetCatalog.ShippedDirectory).Find(name)!.Value;
        Assert.Empty(errors);
        Assert.NotEqual("", preset!.Description);
        Assert.True(preset.Paths.Length + preset.Filters.Length > 0);
        Assert.Contains($"`{name}`", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "configuration.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void All_presets_of_the_design_ship() =>
        Assert.Equal(["dri", "gamepads", "nvidia", "pipewire", "security-keys", "serial", "wayland", "x11"], Shipped.Select(row => row.Data));

    /// <summary>What is in force, written as a file, is read as the same rules again.</summary>
    [Theory]
    [InlineData("all-keys")]
    [InlineData("seed")]
    [InlineData("overlaps-that-are-fine")]
    [InlineData("labels")]
    public void The_effective_configuration_means_the_same(string scenario)
    {
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Configuration", "Scenarios", scenario + ".conf"), Main);
        ServerConfiguration configuration = Load();
        ServerOptions options = ServerOptions.Merge(Main, new Settings(), configuration.Settings);
        string effective = Written(configuration, options);
        ConfigurationResult again = ConfigurationParser.Parse(Encoding.UTF8.GetBytes(effective), "effective");
        Assert.Empty(again.Errors);
        Assert.Equal(RulesOf(configuration), RulesOf(again.Configuration!));
        Assert.Equal(effective, Written(again.Configuration!, options.With(again.Configuration!.Settings)));
    }

    /// <summary>Filters of a container that gets no devices mean nothing, and are not shown.</summary>
    private static string RulesOf(ServerConfiguration configuration) => RuleText.Of(configuration with
    {
        Containers = [.. configuration.Containers.Select(rules => rules.Udev.Enabled ? rules : rules with { Udev = UdevRules.None })],
        Settings = new Settings(),
    });

    private static string Written(ServerConfiguration configuration, ServerOptions options)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            EffectiveConfiguration.Write(configuration, options, json);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private ServerConfiguration Load()
    {
        ConfigurationResult result = ConfigurationFile.Load(Main);
        Assert.Empty(result.Errors);
        return result.Configuration!;
    }

    private void Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
