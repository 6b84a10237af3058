namespace ContainerManager.Host.Plugins;

/// <summary>What all plugins share.</summary>
/// <param name="Directory">Where their folders are.</param>
/// <param name="User">Who must own their files.</param>
/// <param name="Plugins">Makes use of what is loaded.</param>
/// <param name="HostFor">The core's offer to the plugin of a name; a new one for each time it is loaded.</param>
/// <param name="Contexts">Counts what is in memory.</param>
/// <param name="Time">Measures time limits; given to plugins as well.</param>
internal sealed record PluginServices(
    string Directory,
    uint User,
    IPluginUser Plugins,
    Func<string, PluginHost> HostFor,
    LoadContexts Contexts,
    TimeProvider Time);
