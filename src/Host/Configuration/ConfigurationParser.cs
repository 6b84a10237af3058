using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.Configuration.Checks;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration;

/// <summary>Turns the bytes of a configuration file into validated rules, or into all that is wrong with it. Pure.</summary>
/// <remarks>
/// First the text becomes a tree with positions (<see cref="SourceTreeReader"/>), then the readers in <c>Checks</c> take it apart. They
/// go on after an error, so that a person mends a file in one go; what they return after one is never used.
/// </remarks>
internal static class ConfigurationParser
{
    private static readonly string[] Known = ["containerConfigs", "settings", "$schema"];

    /// <param name="content">UTF-8, with or without a byte order mark.</param>
    /// <param name="file">What the errors call it.</param>
    /// <param name="presets">What <c>_use</c> and <c>settings.labels</c> can name; null: nothing.</param>
    /// <param name="devices">What <c>_cdi</c> can name; null: nothing.</param>
    internal static ConfigurationResult Parse(ReadOnlyMemory<byte> content, string file, PresetCatalog? presets = null, CdiCatalog? devices = null)
    {
        var source = new SourceText(content, file);
        var errors = new ErrorList(source);
        ServerConfiguration? configuration = SourceTreeReader.Read(source, errors) is { } tree
            ? ReadRoot(ConfigurationValue.Root(tree, errors), presets ?? new PresetCatalog(), devices ?? new CdiCatalog())
            : null;
        return new ConfigurationResult(errors.IsEmpty ? configuration : null, errors.InOrder());
    }

    private static ServerConfiguration? ReadRoot(ConfigurationValue root, PresetCatalog presets, CdiCatalog devices) =>
        root.AsObject("an object such as { \"containerConfigs\": { … } }", Known) is { } members
            ? new ServerConfiguration(ContainerReader.Read(members["containerConfigs"], presets, devices), SettingsReader.Read(members["settings"], presets))
            : null;
}
