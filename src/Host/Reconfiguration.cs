using ContainerManager.Abstractions;
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
    /// <exception cref="IOException">Devices cannot be followed; all the rest is done.</exception>
    internal void Apply(ServerConfiguration before, ServerConfiguration now, CancellationToken stop)
    {
        engine.Post(new HostEvent.ConfigurationChanged(now.Containers, now.Settings.Labels));
        manual.Configure(now.Containers);
        standing.Look();
        ApplySettings(before.Settings, now.Settings);
        IContainerLauncher? launcher = connections.Launcher;
        _ = Task.Run(() => configured.ConfigureAsync(now.Containers, launcher, stop), stop);

        // The last: it may be refused what it needs, and must not keep the others from theirs.
        devices.Configure(now.Filters);
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
