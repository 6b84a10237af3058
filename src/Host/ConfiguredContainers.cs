using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Containers;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>Starts the containers that the configuration describes (<c>_namespace</c>) and that do not run yet.</summary>
internal sealed class ConfiguredContainers(
    IContainerLauncher? launcher,
    ImmutableArray<ContainerRules> configured,
    Engine engine,
    ImmutableArray<RuntimeDiscovery> discoveries,
    ILogger logger)
{
    /// <summary>Waits until the launcher's runtime has named what runs, then starts what is missing.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<LaunchRequest> requests = [.. configured.Select(rules => rules.Namespace).OfType<LaunchRequest>()];
        if (requests.IsEmpty)
        {
            return;
        }

        if (launcher is null)
        {
            Log.Warning(logger, "_namespace is configured, but no plugin can start containers: install the Namespaces plugin");
            return;
        }

        await discoveries.Single(discovery => discovery.Runtime == ((IContainerRuntime)launcher).Name).WhenListedAsync(cancellationToken);
        HashSet<string> running = engine.Read(state => state.Containers.Select(container => container.Description.Name).ToHashSet());
        foreach (LaunchRequest request in requests.Where(request => !running.Contains(request.Name)))
        {
            await LaunchAsync(launcher, request, cancellationToken);
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
