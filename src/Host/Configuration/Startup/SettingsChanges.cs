namespace ContainerManager.Host.Configuration.Startup;

/// <summary>What other settings in the file come to, while the server runs.</summary>
internal static class SettingsChanges
{
    /// <returns>The name of each setting that would have another value, and whether it takes effect at once; else when the server is started again.</returns>
    internal static IEnumerable<(string Name, bool AtOnce)> Of(ServerOptions options, Settings before, Settings now)
    {
        ServerOptions current = options.With(before), wanted = options.With(now);
        (string Name, object? Before, object? Now, bool AtOnce)[] settings =
        [
            ("stateDirectory", options.StateDirectory, wanted.StateDirectory, false),
            ("socket", options.Socket, wanted.Socket, false),
            ("pluginDirectory", options.PluginDirectory, wanted.PluginDirectory, false),
            ("bindRoot", options.BindRoot, wanted.BindRoot, false),
            ("logFormat", options.LogFormat, wanted.LogFormat, false),
            ("metricsAddress", options.MetricsAddress, wanted.MetricsAddress, false),
            ("logLevel", current.LogLevel, wanted.LogLevel, true),
            ("unmountOnExit", current.UnmountOnExit, wanted.UnmountOnExit, true),
            ("readGroup", current.ReadGroup, wanted.ReadGroup, true),
            (Checks.LabelPolicyReader.Key, before.Labels, now.Labels, true),
            ("controlGroup", current.ControlGroup, wanted.ControlGroup, true),
        ];
        return settings.Where(setting => !Equals(setting.Before, setting.Now)).Select(setting => (setting.Name, setting.AtOnce))
            .Concat(now.ChangedPlugins(before).Order(StringComparer.Ordinal).Select(name => ($"plugins.{name}", true)));
    }
}
