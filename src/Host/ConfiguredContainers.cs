using System.Collections.Concurrent;
using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Containers;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>
/// Starts the containers that the configuration describes (<c>_namespace</c>) and that do not run yet: with the server, and when they come into the
/// configuration. One that goes out of it runs on until somebody stops it: what is in it may be in use.
/// </summary>
internal sealed class ConfiguredContainers(ImmutableArray<ContainerRules> configured, Engine engine, ILogger logger) : IDisposable
{
    private const int AtOnce = 64;

    private readonly SemaphoreSlim _starting = new(1);
    private ImmutableArray<LaunchRequest> _missing = RequestsOf(configured);
    private ImmutableHashSet<string> _seen = [.. RequestsOf(configured).Select(request => request.Name)];

    /// <summary>
    /// Waits until the launcher's runtime has named what runs, then starts what is missing. Each once for each run of the server: one that was stopped
    /// by request stays so when the plugin is reloaded.
    /// </summary>
    internal async Task StartAsync(IContainerLauncher launcher, RuntimeDiscovery discovery, CancellationToken cancellationToken)
    {
        if (_missing.IsEmpty)
        {
            return;
        }

        await discovery.WhenListedAsync(cancellationToken);
        await StartMissingAsync(launcher, cancellationToken);
    }

    /// <summary>Another configuration is in force: starts those that are new in it, or were not there for a while.</summary>
    internal async Task ConfigureAsync(ImmutableArray<ContainerRules> now, IContainerLauncher? launcher, CancellationToken cancellationToken)
    {
        ImmutableArray<LaunchRequest> requests = RequestsOf(now);
        await _starting.WaitAsync(cancellationToken);
        try
        {
            _missing = [.. _missing.Where(request => requests.Any(other => other.Name == request.Name)), .. requests.Where(request => !_seen.Contains(request.Name))];
            _seen = [.. requests.Select(request => request.Name)];
        }
        finally
        {
            _starting.Release();
        }

        WarnWithout(launcher);
        if (launcher is not null)
        {
            await StartMissingAsync(launcher, cancellationToken);
        }
    }

    /// <summary>Says so when nobody is there to start them.</summary>
    internal void WarnWithout(IContainerLauncher? launcher)
    {
        if (launcher is null && !_missing.IsEmpty)
        {
            Log.Warning(logger, "_namespace is configured, but no plugin can start containers: install the Namespaces plugin");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _starting.Dispose();

    private static ImmutableArray<LaunchRequest> RequestsOf(ImmutableArray<ContainerRules> rules) => [.. rules.Select(one => one.Namespace).OfType<LaunchRequest>()];

    private async Task StartMissingAsync(IContainerLauncher launcher, CancellationToken cancellationToken)
    {
        ImmutableArray<LaunchRequest> missing = await TakeMissingAsync(cancellationToken);
        ConcurrentBag<LaunchRequest> launched = [];
        try
        {
            // Several at once, and those that come into the configuration meanwhile as well: one whose start takes long, since a path hangs that it gets, is not
            // to keep the others waiting.
            ParallelOptions some = new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(missing, some, async (request, either) =>
            {
                await LaunchAsync(launcher, request, either);
                launched.Add(request);
            });
        }
        catch (OperationCanceledException)
        {
            // The plugin goes: the next one starts the rest.
            await _starting.WaitAsync(CancellationToken.None);
            _missing = [.. _missing, .. missing.Except(launched).Where(request => _seen.Contains(request.Name) && !_missing.Any(other => other.Name == request.Name))];
            _starting.Release();
            throw;
        }
    }

    /// <summary>Those that do not run; whoever has them starts them.</summary>
    private async Task<ImmutableArray<LaunchRequest>> TakeMissingAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            HashSet<string> running = engine.Read(state => state.Containers.Select(container => container.Description.Name).ToHashSet());
            ImmutableArray<LaunchRequest> missing = [.. _missing.Where(request => !running.Contains(request.Name))];
            _missing = [];
            return missing;
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task LaunchAsync(IContainerLauncher with, LaunchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await with.LaunchAsync(request, cancellationToken);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            Log.Warning(logger, $"{request.Name} was not started: {failure.Message}");
        }
    }
}
