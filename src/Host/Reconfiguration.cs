using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Control;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>Puts another configuration in force: everything that depends on it, in the order that leaves no gap.</summary>
internal sealed class Reconfiguration(
    Engine engine,
    UdevEvents devices,
    ManualClients manual,
    ConfiguredContainers configured,
    StandingClients standing,
    PluginConnections connections,
    PluginDirectory plugins,
    AccessPolicy access,
    LogThreshold threshold,
    ServerOptions options,
    ILogger logger)
{
    /// <summary>Returns when the state knows of it; what follows from it is done by the lanes.</summary>
    internal void Apply(ServerConfiguration before, ServerConfiguration now)
    {
        engine.Post(new HostEvent.ConfigurationChanged(now.Containers, now.Settings.Labels));
        manual.Configure(now.Containers);
        standing.Look();
        ApplySettings(before.Settings, now.Settings);
        configured.Configure(now.Containers);
        StartConfigured();
        devices.Configure(now.Filters);
    }

    /// <summary>Says so when nobody is there to start them: whoever comes later does it.</summary>
    internal void StartConfigured()
    {
        connections.StartConfigured();
        if (connections.Launcher is null && configured.AnyMissing)
        {
            Log.Warning(logger, "_namespace is configured, but no plugin that starts containers is loaded: they start as soon as the Namespaces plugin is");
        }
    }

    private void ApplySettings(Settings before, Settings now)
    {
        ServerOptions wanted = options.With(now);
        threshold.Level = wanted.LogLevel;
        try
        {
            access.Change(wanted.ReadGroup, wanted.ControlGroup);
        }
        catch (ControlSocketException unknown)
        {
            Log.Warning(logger, $"{unknown.Message}; the groups are as before");
        }

        foreach ((string later, _) in SettingsChanges.Of(options, before, now).Where(change => !change.AtOnce))
        {
            Log.Warning(logger, $"settings.{later} takes effect when the server is started again");
        }

        foreach (string plugin in now.ChangedPlugins(before))
        {
            // What becomes of it is logged, and shown in status.
            _ = plugins.ReloadAsync(plugin, CancellationToken.None);
        }
    }
}
