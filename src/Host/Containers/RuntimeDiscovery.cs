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

    private readonly Dictionary<ContainerId, (int ProcessId, string Name)> _running = [];
    private readonly Dictionary<string, RuntimeEvent.Trouble> _troubles = [];
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DiscoveryStatus _status = new(DiscoveryState.Connecting, null);

    internal string Runtime => runtime.Name;

    /// <summary>How it does at the moment.</summary>
    internal DiscoveryStatus Status => _status;

    /// <summary>Completes when everything that runs has been named for the first time.</summary>
    internal Task WhenListedAsync(CancellationToken cancellationToken) => _listed.Task.WaitAsync(cancellationToken);

    /// <summary>Runs until cancelled. <paramref name="onFailure"/> is told of each break of the stream, once.</summary>
    internal async Task RunAsync(Action<string> onFailure, CancellationToken cancellationToken)
    {
        for (TimeSpan delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await FollowAsync(() => delay = FirstDelay, onFailure, cancellationToken);
                throw new IOException("the stream of containers ended");
            }
            catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                _status = new DiscoveryStatus(DiscoveryState.Failed, failure.Message);
                onFailure(failure.Message);
            }

            // A retry of something that gives no event when it is back; the growing delay keeps an idle machine idle.
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private void Listening() => _status = _troubles.Count == 0
        ? new DiscoveryStatus(DiscoveryState.Listening, null)
        : new DiscoveryStatus(
            _troubles.Values.All(trouble => trouble.Absent) ? DiscoveryState.Waiting : DiscoveryState.Failed,
            string.Join("; ", _troubles.Values.Select(trouble => $"{trouble.Source}: {trouble.Reason}")));

    private void Troubled(RuntimeEvent.Trouble trouble, Action<string> onFailure)
    {
        _troubles.Remove(trouble.Source);
        if (trouble.Reason is { } reason)
        {
            _troubles.Add(trouble.Source, trouble);
            if (!trouble.Absent)
            {
                onFailure($"{trouble.Source}: {reason}");
            }
        }

        Listening();
    }

    private async Task FollowAsync(Action connected, Action<string> onFailure, CancellationToken cancellationToken)
    {
        HashSet<ContainerId> listed = [];
        _troubles.Clear();
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
                    connected();
                    Listening();
                    _listed.TrySetResult();
                    break;
                case RuntimeEvent.Trouble trouble:
                    Troubled(trouble, onFailure);
                    break;
                default:
                    throw new InvalidOperationException($"unknown event {e.GetType().Name}");
            }
        }
    }

    private async Task StartedAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(container.Id, out var known) && known == (container.ProcessId, container.Name))
        {
            return;
        }

        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OpenLimit);
        try
        {
            ContainerEntry entry = await runtime.OpenAsync(container, limit.Token);
            _running[container.Id] = (container.ProcessId, container.Name);
            post(new HostEvent.ContainerStarted(container, entry));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Unreachable(container, $"the {runtime.Name} plugin did not open it within {OpenLimit.TotalSeconds:0} s");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            Unreachable(container, failure.Message);
        }
    }

    /// <summary>Known all the same, so that its end is noticed; without a process, so that the next word of it is another try.</summary>
    private void Unreachable(ContainerDescription container, string reason)
    {
        _running[container.Id] = default;
        post(new HostEvent.ContainerUnreachable(container, reason));
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

    /// <summary>What it follows is not there; nothing is wrong.</summary>
    Waiting,
    Failed,
}
