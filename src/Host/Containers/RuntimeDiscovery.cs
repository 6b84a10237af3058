using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Follows one runtime: reads its stream, and opens it again when it breaks. The one place where the failures of a runtime plugin's stream are
/// caught. Outlives the plugin: what is known to run stays known while that is replaced.
/// </summary>
/// <param name="name">The runtime's name.</param>
/// <param name="journal">Forgets containers that are gone for good.</param>
/// <param name="post">Where events go.</param>
/// <param name="statusChanged">Told how it does, each time that changes.</param>
/// <param name="time">For limits and delays.</param>
internal sealed class RuntimeDiscovery(
    string name, Journal journal, Action<HostEvent> post, Action<DiscoveryStatus> statusChanged, TimeProvider time)
{
    private readonly RunningContainers _running = new(journal, post);
    private readonly DiscoveryHealth _health = new(statusChanged);
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _copies;

    internal string Runtime => name;

    /// <summary>How it does at the moment.</summary>
    internal DiscoveryStatus Status => _health.Status;

    /// <summary>How many containers run.</summary>
    internal int Count => _running.Count;

    /// <summary>Completes when everything that runs has been named for the first time, and was opened or could not be.</summary>
    internal Task WhenListedAsync(CancellationToken cancellationToken) => _listed.Task.WaitAsync(cancellationToken);

    /// <summary>
    /// Runs until cancelled, and ignores what the runtime says from then on. <paramref name="onFailure"/> is told of each break of the
    /// stream, once.
    /// </summary>
    internal async Task RunAsync(IContainerRuntime runtime, Action<string> onFailure, CancellationToken cancellationToken)
    {
        int copy = Interlocked.Increment(ref _copies);
        using CancellationTokenRegistration heard = cancellationToken.Register(() => Ended(copy));
        _health.Set(DiscoveryState.Connecting);
        try
        {
            await FollowAgainAndAgainAsync(runtime, onFailure, cancellationToken);
        }
        finally
        {
            // What the plugin does when it hears of the end may hang, and then the registration is not called.
            Ended(copy);
        }
    }

    /// <inheritdoc cref="RunningContainers.Forget"/>
    internal void Forget() => _running.Forget();

    private async Task FollowAgainAndAgainAsync(IContainerRuntime runtime, Action<string> onFailure, CancellationToken cancellationToken)
    {
        Backoff backoff = new(time);
        while (true)
        {
            long? connected = null;
            try
            {
                await FollowAsync(runtime, () => connected = time.GetTimestamp(), onFailure, cancellationToken);
                throw new IOException("the stream of containers ended");
            }
            catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                _health.Set(DiscoveryState.Failed, failure.Message);
                onFailure(failure.Message);
            }

            // One that lists and breaks at once, each time, must not be asked ten times a second for ever.
            if (connected is { } since && time.GetElapsedTime(since) > backoff.Delay * 10)
            {
                backoff.Reset();
            }

            await backoff.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Of a copy of the plugin that hangs, this may come when the next one has taken over.</summary>
    private void Ended(int copy)
    {
        if (copy == Volatile.Read(ref _copies))
        {
            _health.Set(DiscoveryState.Waiting, "for its plugin to be loaded");
        }
    }

    private async Task FollowAsync(IContainerRuntime runtime, Action connected, Action<string> onFailure, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ContainerOpenings openings = new(runtime, _running, time, ending.Token);
        RuntimeStream stream = new(_running, openings, _health, onFailure);
        Task listed = Task.CompletedTask;
        _health.ForgetTroubles();
        try
        {
            await foreach (RuntimeEvent e in runtime.DiscoverAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                _running.Take(() => stream.TakeIn(e), cancellationToken);
                if (e is RuntimeEvent.ListComplete)
                {
                    connected();
                    listed = ListedAsync(openings.WhenTriedAsync(), ending.Token);
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await openings.WhenEndedAsync();
            await listed;
        }
    }

    /// <summary>What was cut off before its end says nothing about what runs: the next stream will.</summary>
    private async Task ListedAsync(Task tried, CancellationToken ending)
    {
        await tried;
        if (!ending.IsCancellationRequested)
        {
            _listed.TrySetResult();
        }
    }
}
