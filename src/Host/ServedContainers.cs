using ContainerManager.Abstractions;
using ContainerManager.Host.State;

namespace ContainerManager.Host;

/// <summary>Knows when a container has what it gets, for runtimes that keep its program waiting until then.</summary>
internal sealed class ServedContainers(Engine engine)
{
    /// <summary>A path that hangs may keep a container from having it, but not from running.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>As of <see cref="IPluginHost.WhenServedAsync"/>.</summary>
    internal async Task WhenServedAsync(ContainerId container, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await engine.WhenAsync(state => state.Find(container) is { } found && IsServed(state, found) ? found : null, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Without, then: status says what is missing.
        }
    }

    private static bool IsServed(HostState state, ContainerState container) =>
        container.IsQuiet && container.Unscanned.IsEmpty && (container.Filters.IsEmpty || container.Unreachable is not null || (container.DevicesReady && state.Devices.IsListed));
}
