using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Containers;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>Starts the containers that the configuration describes (<c>_namespace</c>) and that do not run yet.</summary>
internal sealed class ConfiguredContainers(ImmutableArray<ContainerRules> configured, Engine engine, ILogger logger)
{
    private readonly ImmutableArray<LaunchRequest> _requests = [.. configured.Select(rules => rules.Namespace).OfType<LaunchRequest>()];
    private volatile bool _done;

    /// <summary>
    /// Waits until the launcher's runtime has named what runs, then starts what is missing. Once for each run of the server: one that was stopped
    /// by request stays so when the plugin is reloaded.
    /// </summary>
    internal async Task StartAsync(IContainerLauncher launcher, RuntimeDiscovery discovery, CancellationToken cancellationToken)
    {
        if (_done || _requests.IsEmpty)
        {
            return;
        }

        await discovery.WhenListedAsync(cancellationToken);
        HashSet<string> running = engine.Read(state => state.Containers.Select(container => container.Description.Name).ToHashSet());
        foreach (LaunchRequest request in _requests.Where(request => !running.Contains(request.Name)))
        {
            await LaunchAsync(launcher, request, cancellationToken);
        }

        _done = true;
    }

    /// <summary>Says so when nobody is there to start them.</summary>
    internal void WarnWithout(IContainerLauncher? launcher)
    {
        if (launcher is null && !_requests.IsEmpty)
        {
            Log.Warning(logger, "_namespace is configured, but no plugin can start containers: install the Namespaces plugin");
        }
    }

    private async Task LaunchAsync(IContainerLauncher with, LaunchRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await with.LaunchAsync(request, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException)
        {
            Log.Warning(logger, $"{request.Name} was not started: {failure.Message}");
        }
    }
}
