using System.Collections.Concurrent;
using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Host;

/// <summary>
/// Starts the containers that the configuration describes (<c>_namespace</c>) and that do not run yet: with the server, and when they come into the
/// configuration. One that goes out of it runs on until somebody stops it: what is in it may be in use.
/// </summary>
/// <param name="configured">The configuration that the server starts with.</param>
/// <param name="running">The names of the containers that run, of whatever runtime.</param>
/// <param name="warn">Told of those that could not be started.</param>
internal sealed class ConfiguredContainers(ImmutableArray<ContainerRules> configured, Func<IReadOnlySet<string>> running, Action<string> warn)
{
    private const int AtOnce = 64;

    private readonly Lock _lock = new();
    private ImmutableArray<LaunchRequest> _wanted = RequestsOf(configured);
    private ImmutableArray<LaunchRequest> _missing = RequestsOf(configured);

    /// <summary>Whether there are some that nobody has tried to start yet.</summary>
    internal bool AnyMissing
    {
        get
        {
            lock (_lock)
            {
                return !_missing.IsEmpty;
            }
        }
    }

    /// <summary>Another configuration is in force: those are missing that are new in it, or were not there for a while.</summary>
    internal void Configure(ImmutableArray<ContainerRules> now)
    {
        ImmutableArray<LaunchRequest> wanted = RequestsOf(now);
        lock (_lock)
        {
            _missing = [.. wanted.Where(request => IsIn(_missing, request) || !IsIn(_wanted, request))];
            _wanted = wanted;
        }
    }

    /// <summary>
    /// Starts what is missing. Each once for each run of the server: one that was stopped by request stays so when the plugin is reloaded.
    /// </summary>
    /// <param name="launcher">Starts them; what runs of its runtime is known already.</param>
    /// <param name="unloading">The launcher's plugin goes: what was not started by then is missing again, for the next one.</param>
    internal async Task StartAsync(IContainerLauncher launcher, CancellationToken unloading)
    {
        ImmutableArray<LaunchRequest> missing = TakeMissing();
        ConcurrentBag<LaunchRequest> tried = [];
        try
        {
            // Several at once, and those that come into the configuration meanwhile as well: one whose start takes long, since a path hangs that it gets, is not
            // to keep the others waiting.
            await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = unloading }, async (request, either) =>
            {
                await StartAsync(launcher, request, either);
                tried.Add(request);
            });
        }
        catch (OperationCanceledException)
        {
            GiveBack(missing.Except(tried));
            throw;
        }
    }

    /// <summary>Those that do not run; whoever has them starts them.</summary>
    private ImmutableArray<LaunchRequest> TakeMissing()
    {
        IReadOnlySet<string> names = running();
        lock (_lock)
        {
            ImmutableArray<LaunchRequest> missing = [.. _missing.Where(request => !names.Contains(request.Name))];
            _missing = [];
            return missing;
        }
    }

    /// <summary>As far as the configuration has them still, as it describes them now.</summary>
    private void GiveBack(IEnumerable<LaunchRequest> requests)
    {
        lock (_lock)
        {
            _missing = [.. _wanted.Where(request => IsIn(_missing, request) || IsIn(requests, request))];
        }
    }

    private async Task StartAsync(IContainerLauncher launcher, LaunchRequest request, CancellationToken unloading)
    {
        try
        {
            await launcher.LaunchAsync(request, unloading);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whatever it says while it is let go: it is not the container's fault.
            unloading.ThrowIfCancellationRequested();
            warn($"{request.Name} was not started: {failure.Message}");
        }
    }

    private static ImmutableArray<LaunchRequest> RequestsOf(ImmutableArray<ContainerRules> rules) => [.. rules.Select(one => one.Namespace).OfType<LaunchRequest>()];

    private static bool IsIn(IEnumerable<LaunchRequest> requests, LaunchRequest one) => requests.Any(request => request.Name == one.Name);
}
