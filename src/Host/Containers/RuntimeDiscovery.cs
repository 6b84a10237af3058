using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Follows one runtime: turns its stream into events, opens each container it names, and opens the stream again when it breaks. The one
/// place where a runtime plugin's failures are caught.
/// </summary>
internal sealed class RuntimeDiscovery(IContainerRuntime runtime, Journal journal, Action<HostEvent> post, TimeProvider time)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);

    private readonly Dictionary<ContainerId, int> _running = [];
    private volatile DiscoveryStatus _status = new(DiscoveryState.Connecting, null);

    internal string Runtime => runtime.Name;

    /// <summary>How it does at the moment.</summary>
    internal DiscoveryStatus Status => _status;

    /// <summary>Runs until cancelled. <paramref name="onFailure"/> is told of each break of the stream, once.</summary>
    internal async Task RunAsync(Action<Exception> onFailure, CancellationToken cancellationToken)
    {
        for (TimeSpan delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await FollowAsync(() => delay = FirstDelay, cancellationToken);
                throw new IOException("the stream of containers ended");
            }
            catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                _status = new DiscoveryStatus(DiscoveryState.Failed, failure.Message);
                onFailure(failure);
            }

            // A retry of something that gives no event when it is back; the growing delay keeps an idle machine idle.
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task FollowAsync(Action connected, CancellationToken cancellationToken)
    {
        HashSet<ContainerId> listed = [];
        await foreach (RuntimeEvent e in runtime.DiscoverAsync(cancellationToken).WithCancellation(cancellationToken))
        {
            switch (e)
            {
                case RuntimeEvent.Started started:
                    listed.Add(started.Container.Id);
                    await StartedAsync(started.Container, cancellationToken);
                    break;
                case RuntimeEvent.Stopped stopped:
                    Stopped(stopped.Id);
                    break;
                case RuntimeEvent.Removed removed:
                    Stopped(removed.Id);
                    journal.Forget(removed.Id);
                    break;
                case RuntimeEvent.ListComplete:
                    _running.Keys.Where(id => !listed.Contains(id)).ToList().ForEach(Stopped);
                    _status = new DiscoveryStatus(DiscoveryState.Listening, null);
                    connected();
                    break;
                default:
                    throw new InvalidOperationException($"unknown event {e.GetType().Name}");
            }
        }
    }

    private async Task StartedAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(container.Id, out int processId) && processId == container.ProcessId)
        {
            return;
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OpenLimit);
        try
        {
            ContainerEntry entry = await runtime.OpenAsync(container, limit.Token);
            _running[container.Id] = container.ProcessId;
            post(new HostEvent.ContainerStarted(container, entry));
        }
        catch (IOException failure)
        {
            post(new HostEvent.ContainerUnreachable(container, failure.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            post(new HostEvent.ContainerUnreachable(container, $"the {runtime.Name} plugin did not open it within {OpenLimit.TotalSeconds:0} s"));
        }
    }

    private void Stopped(ContainerId container)
    {
        _running.Remove(container);
        post(new HostEvent.ContainerStopped(container, null));
    }
}

/// <summary>How the discovery of a runtime does.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Reason">Why the last try failed.</param>
internal sealed record DiscoveryStatus(DiscoveryState State, string? Reason);

/// <summary>What a discovery is doing.</summary>
internal enum DiscoveryState
{
    Connecting,
    Listening,
    Failed,
}
