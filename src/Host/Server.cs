using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Control;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>The whole server from start to end: puts the rooms together and takes them apart.</summary>
internal sealed class Server(ServerOptions options, ServerConfiguration configuration, ILogger logger)
{
    internal static string Version { get; } =
        typeof(Server).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs until <paramref name="stop"/>; returns the exit code.</summary>
    internal async Task<int> RunAsync(CancellationToken stop)
    {
        PrivateDirectory.Create(options.StateDirectory);
        using FileStream only = LockStateDirectory();
        using Journal journal = Journal.Open(options.StateDirectory, out string? warning);
        if (warning is not null)
        {
            Log.Warning(logger, warning);
        }

        EventFeed feed = new();
        using Engine engine = new(
            journal, Path.Combine(options.StateDirectory, "transit"), ClientPath, Changed, (name, fault) => Log.Fault(logger, name, fault));
        ProcessExits exits = new(engine.Loop);
        ImmutableArray<LoadedPlugin> plugins = PluginCatalog.Load(
            options.PluginDirectory,
            name => new PluginHost(SettingsOf(name), Path.Combine(options.StateDirectory, "plugins", name), ClientPath, exits),
            (plugin, failure) => Log.PluginFailed(logger, plugin, failure.Message, failure));
        engine.Strategies.AddRange(plugins.SelectMany(plugin => plugin.Strategies));
        ImmutableArray<RuntimeDiscovery> discoveries =
            [.. plugins.SelectMany(plugin => plugin.Runtimes).Select(runtime => new RuntimeDiscovery(runtime, journal, engine.Post, TimeProvider.System))];
        IContainerLauncher? launcher = plugins.SelectMany(plugin => plugin.Runtimes).OfType<IContainerLauncher>().FirstOrDefault();
        EngineControl control = new(engine, journal, feed, discoveries, launcher, options.ConfigurationFile);
        await using ControlServer socket = await ControlServer.StartAsync(control, options.Socket, stop);

        foreach (RecordedRequest request in journal.Requests.ToList())
        {
            engine.Post(Requests.Bind(request));
        }

        engine.Post(new HostEvent.ConfigurationChanged(configuration.Containers));
        foreach (IEventSource source in plugins.SelectMany(plugin => plugin.EventSources))
        {
            engine.Loop.Add(source);
        }

        engine.Loop.Start();
        Task[] following = [.. discoveries.Select(discovery => discovery.RunAsync(
            reason => Log.DiscoveryFailed(logger, discovery.Runtime, reason), stop))];
        Task launching = new ConfiguredContainers(launcher, configuration.Containers, engine, discoveries, logger).StartAsync(stop);
        Log.Ready(logger, Version, options.ConfigurationFile, options.Socket, plugins.Length);

        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration stopping = stop.Register(stopped.SetResult);
        await Task.WhenAll([.. following, launching, stopped.Task]).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await StopAsync(engine);
        foreach (LoadedPlugin plugin in plugins)
        {
            await plugin.DisposeAsync();
        }

        return 0;

        void Changed(StateChange change)
        {
            feed.Publish(ChangeRecords.Of(change));
            LogChange(change);
        }
    }

    /// <summary>Two servers with one journal would undo each other's work, whatever sockets they listen on.</summary>
    private FileStream LockStateDirectory()
    {
        string path = Path.Combine(options.StateDirectory, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new IOException($"another server uses {options.StateDirectory}: stop it, or name another directory with --state-dir", taken);
        }
    }

    /// <summary>Beside the server, so that the installed folder can be moved as it is.</summary>
    private static string ClientPath => Path.Combine(AppContext.BaseDirectory, "client");

    private JsonElement? SettingsOf(string plugin) => configuration.Settings.Plugins.TryGetValue(plugin, out JsonElement settings) ? settings : null;

    private async Task StopAsync(Engine engine)
    {
        Log.Stopping(logger, options.UnmountOnExit ? "unmounting everything" : "what is mounted stays");
        if (!options.UnmountOnExit)
        {
            return;
        }

        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(10));
        engine.Post(new HostEvent.Draining());
        try
        {
            await engine.WhenAsync(state => state.IsQuiet ? state : null, limit.Token);
        }
        catch (OperationCanceledException)
        {
            Log.Warning(logger, "some containers did not answer within 10 s; what is mounted in them stays until they end");
        }
    }

    private void LogChange(StateChange change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Attached or ChangeKind.Replaced or ChangeKind.Detached:
                Log.BindingChanged(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
            case ChangeKind.Failed or ChangeKind.ContainerFailed or ChangeKind.WatchFailed:
                Log.ChangeFailed(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
            default:
                Log.Changed(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
        }
    }
}
