using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Control;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>
/// Which plugin brings what into the core. Remembers the runtimes beyond the loading of their plugins: that one is replaced is no reason to
/// touch a container.
/// </summary>
internal sealed class PluginConnections(Engine engine, Journal journal, EventFeed feed, ConfiguredContainers configured, ILogger logger) : IPluginUser
{
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, PluginConnection> _connections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (string Plugin, RuntimeDiscovery Discovery)> _runtimes = new(StringComparer.Ordinal);

    /// <summary>Told of a runtime before its plugin is let go.</summary>
    internal Func<string, Task> Leaving { get; set; } = _ => Task.CompletedTask;

    /// <summary>All runtimes, and the plugins that they are of.</summary>
    internal ImmutableArray<(string Plugin, RuntimeDiscovery Discovery)> Runtimes
    {
        get
        {
            lock (_lock)
            {
                return [.. _runtimes.Values];
            }
        }
    }

    /// <summary>What starts containers; null: nothing at the moment.</summary>
    internal IContainerLauncher? Launcher
    {
        get
        {
            lock (_lock)
            {
                return _connections.Values.Select(connection => connection.Launcher).FirstOrDefault(launcher => launcher is not null);
            }
        }
    }

    /// <summary>Has those of the configured containers started that do not run yet, if anything here starts containers.</summary>
    internal void StartConfigured()
    {
        lock (_lock)
        {
            foreach (PluginConnection connection in _connections.Values)
            {
                StartConfigured(connection);
            }
        }
    }

    /// <summary>The runtime of a name, while its plugin is loaded.</summary>
    internal IContainerRuntime? RuntimeOf(string name)
    {
        lock (_lock)
        {
            return _connections.Values.Select(connection => connection.RuntimeOf(name)).FirstOrDefault(runtime => runtime is not null);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Use(string name, LoadedPlugin plugin, Action<string> onFault)
    {
        string[] runtimes = [.. plugin.Runtimes.Select(runtime => runtime.Name)];
        string[] strategies = [.. plugin.Strategies.Select(strategy => strategy.Name)];
        string[] offers =
        [
            .. runtimes.Select(runtime => $"runtime {runtime}"),
            .. plugin.EventSources.Select(source => $"event source {source.OwnName}"),
            .. strategies.Select(strategy => $"strategy {strategy}"),
        ];
        PluginConnection connection = new(engine, plugin);
        lock (_lock)
        {
            RefuseTaken(name, runtimes, strategies);
            Forget(runtime => runtime.Plugin == name && !runtimes.Contains(runtime.Discovery.Runtime));
            foreach (string runtime in runtimes)
            {
                _runtimes.TryAdd(runtime, (name, NewDiscovery(runtime)));
            }

            _connections.Add(name, connection);
            ImmutableArray<(IContainerRuntime Runtime, RuntimeDiscovery Discovery)> followed =
                [.. plugin.Runtimes.Select(runtime => (runtime.Runtime, _runtimes[runtime.Name].Discovery))];
            connection.Begin(followed, (runtime, reason) => Log.DiscoveryFailed(logger, runtime, reason), onFault);
            StartConfigured(connection);
        }

        if (strategies.Length > 0)
        {
            engine.Post(new HostEvent.StrategiesChanged());
        }

        return offers;
    }

    /// <inheritdoc/>
    public Task LetGoAsync(string name)
    {
        PluginConnection? connection;
        string[] runtimes;
        lock (_lock)
        {
            _connections.Remove(name, out connection);
            runtimes = [.. _runtimes.Where(runtime => runtime.Value.Plugin == name).Select(runtime => runtime.Key)];
        }

        // A source may hang while it is closed, and so would we.
        return connection is null ? Task.CompletedTask : Task.Run(EndAsync).WaitAsync(EndWithin);

        async Task EndAsync()
        {
            // First, and whatever becomes of the rest: nobody listens to the plugin any more.
            Task ending = connection.EndAsync();
            try
            {
                await Task.WhenAll(runtimes.Select(Leaving));
            }
            finally
            {
                await ending;
            }
        }
    }

    /// <inheritdoc/>
    public void Forget(string name)
    {
        lock (_lock)
        {
            Forget(runtime => runtime.Plugin == name);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> NamesOf(string name)
    {
        lock (_lock)
        {
            IEnumerable<string> strategies = _connections.TryGetValue(name, out PluginConnection? connection) ? connection.Strategies : [];
            return
            [
                .. _runtimes.Where(runtime => runtime.Value.Plugin == name).Select(runtime => $"runtime {runtime.Key}"),
                .. strategies.Select(strategy => $"strategy {strategy}"),
            ];
        }
    }

    /// <inheritdoc/>
    public void Changed(PluginReport report, string? detail)
    {
        string state = report.State.ToString().ToLowerInvariant();
        if (report.Error is { } error)
        {
            Log.PluginTrouble(logger, report.Name, state, error);
            if (detail is not null)
            {
                Log.PluginDetail(logger, report.Name, detail);
            }
        }
        else if (report.State is not (PluginState.Loading or PluginState.Unloading))
        {
            Log.PluginChanged(logger, report.Name, state, report.Version, report.Offers.Count == 0 ? "nothing" : string.Join(", ", report.Offers));
        }

        Tell($"plugin-{state}", report.Name, report.Error);
    }

    /// <summary>In a method of its own: a lambda beside others shares their captured variables, and would keep the plugin in memory.</summary>
    private RuntimeDiscovery NewDiscovery(string runtime) => new(
        runtime,
        journal,
        engine.Post,
        status => Tell($"runtime-{status.State.ToString().ToLowerInvariant()}", runtime, status.Reason),
        TimeProvider.System);

    private void Tell(string kind, string name, string? reason) => feed.Publish(new ContainerManager.Protocol.EventRecord(
        TimeProvider.System.GetUtcNow(), kind, null, null, null, reason is null ? name : $"{name}: {reason}"));

    private void StartConfigured(PluginConnection connection)
    {
        if (connection.LauncherName is { } name)
        {
            RuntimeDiscovery discovery = _runtimes[name].Discovery;
            connection.Do(async unloading =>
            {
                await discovery.WhenListedAsync(unloading);
                await configured.StartAsync(connection.Launcher!, unloading);
            });
        }
    }

    private void Forget(Func<(string Plugin, RuntimeDiscovery Discovery), bool> which)
    {
        foreach ((string name, (_, RuntimeDiscovery discovery)) in _runtimes.Where(runtime => which(runtime.Value)).ToList())
        {
            _runtimes.Remove(name);
            discovery.Forget();
        }
    }

    private void RefuseTaken(string name, string[] runtimes, string[] strategies)
    {
        if (Array.Find(runtimes, runtime => _runtimes.TryGetValue(runtime, out var taken) && taken.Plugin != name) is { } runtimeName)
        {
            throw new PluginException(
                PluginState.Refused, $"its runtime {runtimeName} is that of plugin {_runtimes[runtimeName].Plugin} already: remove one of the two");
        }

        if (Array.Find(strategies, strategy => engine.Strategies.Names.Contains(strategy)) is { } strategyName)
        {
            throw new PluginException(PluginState.Refused, $"a strategy called {strategyName} is there already: give it another name");
        }
    }
}
