using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Plugins;

namespace ContainerManager.Host;

/// <summary>One loaded plugin in use: everything of the core that holds an object of it, so that all of it can be let go.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and a plugin that hangs may ask it at any time.")]
internal sealed class PluginConnection(Engine engine, LoadedPlugin plugin)
{
    private readonly CancellationTokenSource _ending = new();
    private readonly List<IDisposable> _sources = [];
    private readonly Lock _lock = new();
    private readonly List<Task> _work = [];

    /// <summary>The object that starts containers, if the plugin has one.</summary>
    internal IContainerLauncher? Launcher { get; } = plugin.Runtimes.Select(runtime => runtime.Runtime).OfType<IContainerLauncher>().FirstOrDefault();

    /// <summary>The name of the runtime that <see cref="Launcher"/> is; null: the plugin has none.</summary>
    internal string? LauncherName { get; } = plugin.Runtimes.Where(runtime => runtime.Runtime is IContainerLauncher).Select(runtime => runtime.Name).FirstOrDefault();

    /// <summary>Its runtime of a name; null: it has none such.</summary>
    internal IContainerRuntime? RuntimeOf(string name) => plugin.Runtimes.Where(runtime => runtime.Name == name).Select(runtime => runtime.Runtime).FirstOrDefault();

    /// <summary>The names of its strategies.</summary>
    internal IEnumerable<string> Strategies => plugin.Strategies.Select(strategy => strategy.Name);

    /// <summary>Has the runtimes followed, the sources waited for and the strategies known.</summary>
    internal void Begin(ImmutableArray<(IContainerRuntime Runtime, RuntimeDiscovery Discovery)> runtimes, Action<string, string> onBreak, Action<string> onFault)
    {
        foreach ((string name, IMountStrategy strategy) in plugin.Strategies)
        {
            engine.Strategies.Add(name, strategy);
        }

        foreach (GuardedEventSource source in plugin.EventSources)
        {
            source.OnFault = onFault;
            _sources.Add(engine.Loop.Add(source, source.Failed));
        }

        foreach ((IContainerRuntime runtime, RuntimeDiscovery discovery) in runtimes)
        {
            // On a thread of its own: a plugin may block before its first await.
            Do(ending => discovery.RunAsync(runtime, reason => onBreak(discovery.Runtime, reason), ending));
        }
    }

    /// <summary>Something to do for as long as the plugin is loaded. Does nothing once it is to end.</summary>
    internal void Do(Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            if (!_ending.IsCancellationRequested)
            {
                _work.RemoveAll(task => task.IsCompleted);
                _work.Add(Task.Run(() => work(_ending.Token)));
            }
        }
    }

    /// <summary>Ends it all; completes when no thread of ours is in the plugin's code any more.</summary>
    /// <exception cref="AggregateException">Sources that could not be taken out of the loop in order. All the rest was ended.</exception>
    internal async Task EndAsync()
    {
        // First: whatever hangs or fails below, nobody listens to the plugin any more.
        Task cancelled;
        lock (_lock)
        {
            cancelled = _ending.CancelAsync();
        }

        foreach ((_, IMountStrategy strategy) in plugin.Strategies)
        {
            engine.Strategies.Remove(strategy);
        }

        List<Exception> failures = CloseSources();
        await cancelled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    /// <summary>All of them, whatever one of them does: none may be drained any more.</summary>
    private List<Exception> CloseSources()
    {
        List<Exception> failures = [];
        foreach (IDisposable source in _sources)
        {
            try
            {
                source.Dispose();
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                failures.Add(failure);
            }
        }

        return failures;
    }
}
