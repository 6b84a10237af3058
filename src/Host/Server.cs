using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Control;
using ContainerManager.Host.Devices;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using ContainerManager.Host.Telemetry;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>The whole server from start to end: puts the rooms together and takes them apart.</summary>
internal sealed class Server(ServerOptions options, ServerConfiguration configuration, LogThreshold threshold, ILogger logger)
{
    internal static string Version { get; } =
        typeof(Server).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs until <paramref name="stop"/>; returns the exit code.</summary>
    internal async Task<int> RunAsync(CancellationToken stop)
    {
        PrivateDirectory.Create(options.StateDirectory);
        using FileLock only = LockStateDirectory();
        using Journal journal = Journal.Open(options.StateDirectory, out string? warning);
        if (warning is not null)
        {
            Log.Warning(logger, warning);
        }

        using ServerMetrics metrics = new(Version);
        EventFeed feed = new() { Published = metrics.Happened };
        StandingClients? standing = null;
        Hooks? hooks = null;
        Reconfiguration? reconfiguration = null;
        using QuietCollection quiet = new();
        AccessPolicy access = new(options.ReadGroup, options.ControlGroup);
        using Engine engine = new(
            journal, options.StateDirectory, ClientPath, Changed, (name, fault) => Log.Fault(logger, name, fault), metrics.Measured, () => metrics.Rescanned(ServerMetrics.Inotify));
        ConfiguredContainers configured = new(
            configuration.Containers,
            () => engine.Read(state => state.Containers.Select(container => container.Description.Name).ToHashSet()),
            warning => Log.Warning(logger, warning));
        using LiveConfiguration live = new(options.ConfigurationFile, configuration, (before, now) => reconfiguration?.Apply(before, now), Told, logger);
        PluginConnections connections = new(engine, journal, feed, configured, logger);
        await using PluginDirectory plugins = new(ServicesOf(engine, connections, live), engine.Paths, warning => Log.Warning(logger, warning));
        ClientStarter starter = new(engine, connections, new ClientProgram(Path.Combine(options.StateDirectory, "client"), ClientPath));
        await using ContainerClients clients = new(engine, starter, ClientChanged);
        connections.Leaving = clients.LeaveAsync;
        hooks = new Hooks(engine, clients, ClientChanged, stop);
        standing = new StandingClients(engine, clients, ClientChanged);
        Task kept = standing.RunAsync(stop);
        EngineControl control = new(engine, journal, feed, connections, plugins, clients, new DetachedPrograms(clients, ClientChanged), live, metrics, options.ConfigurationFile);
        ControlRoutes routes = new(control, new ConfigurationControl(engine, live, control, options, ClientPath), access, WriteDown);
        await using ControlServer socket = await ControlServer.StartAsync(routes, access, options.Socket, stop);

        await using MetricsAddress collectors = new(control.WriteMetricsAsync);
        if (options.MetricsAddress is { } address)
        {
            await collectors.StartAsync(address);
        }

        foreach (RecordedRequest request in journal.Requests.ToList())
        {
            engine.Post(Requests.Bind(request));
        }

        engine.Post(new HostEvent.ConfigurationChanged(configuration.Containers, configuration.Settings.Labels));
        using UdevEvents devices = new(engine, () => metrics.Rescanned(ServerMetrics.Uevents), logger);
        devices.Configure(configuration.Filters);
        foreach (PermissionWatch watch in PermissionWatch.OfAllProcessors(engine.CheckPermissions, warning => Log.Warning(logger, warning)))
        {
            engine.Loop.Add(watch);
        }

        engine.Loop.Start();
        await plugins.StartAsync();
        await using ManualClients manual = new(options.BindRoot, engine, clients, logger);
        manual.Configure(configuration.Containers);
        reconfiguration = new(engine, devices, manual, configured, standing, connections, plugins, access, threshold, options, logger);
        reconfiguration.StartConfigured();
        live.Watch(engine.Paths);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            live.Reload();
        });
        using ServiceNotification service = new(() => engine.Read(_ => 0), Environment.GetEnvironmentVariable);
        service.Ready($"{plugins.Reports.Length} plugins");
        quiet.Heed();
        Log.Ready(logger, Version, options.ConfigurationFile, options.Socket, plugins.Reports.Length);

        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration stopping = stop.Register(stopped.SetResult);
        await stopped.Task;
        service.Stopping();
        await kept.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAsync(engine, options.With(live.Current.Settings).UnmountOnExit);
        return 0;

        void Changed(StateChange change)
        {
            feed.Publish(ChangeRecords.Of(change));
            LogChange(change);
            quiet.Heed();
            if (change is { Kind: ChangeKind.ContainerStarted, Id: { } started })
            {
                standing?.Started(started);
            }

            hooks?.Heed(change);
        }

        void WriteDown(Peer caller, string what) => Log.Request(logger, caller.User, caller.ProcessId, what);

        void Told(string kind, string? detail) => feed.Publish(new EventRecord(TimeProvider.System.GetUtcNow(), kind, null, null, null, detail));

        void ClientChanged(string container, string kind, string? detail)
        {
            feed.Publish(new EventRecord(TimeProvider.System.GetUtcNow(), kind, container, null, null, detail));
            Log.ClientChanged(logger, container, kind, detail);
        }
    }

    /// <summary>Two servers with one journal would undo each other's work, whatever sockets they listen on.</summary>
    private FileLock LockStateDirectory() => FileLock.TryTake(Path.Combine(options.StateDirectory, "lock"))
        ?? throw new IOException($"another server uses {options.StateDirectory}: stop it, or name another directory with --state-dir");

    /// <summary>Beside the server, so that the installed folder can be moved as it is.</summary>
    private static string ClientPath => Path.Combine(AppContext.BaseDirectory, "client");

    private PluginServices ServicesOf(Engine engine, PluginConnections connections, LiveConfiguration live)
    {
        ProcessExits exits = new(engine.Loop);
        return new PluginServices(
            options.PluginDirectory,
            OwnProcess.EffectiveUser,
            connections,
            name => new PluginHost(live.Current.Settings.Plugins.TryGetValue(name, out JsonElement settings) ? settings : null, Path.Combine(options.StateDirectory, "plugins", name), ClientPath, exits, new ServedContainers(engine).WhenServedAsync),
            new LoadContexts(),
            TimeProvider.System);
    }

    private async Task StopAsync(Engine engine, bool unmount)
    {
        Log.Stopping(logger, unmount ? "unmounting everything" : "what is mounted stays");
        if (!unmount)
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
            case ChangeKind.Attached or ChangeKind.Recognised or ChangeKind.Replaced or ChangeKind.Detached:
                Log.BindingChanged(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
            case ChangeKind.Failed or ChangeKind.ForeignChange or ChangeKind.DeviceFailed or ChangeKind.ContainerFailed or ChangeKind.WatchFailed:
                Log.ChangeFailed(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
            default:
                Log.Changed(logger, change.Kind, change.Container, change.Source, change.Target, change.Detail);
                break;
        }
    }
}
