using System.Collections.Frozen;
using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Follows one runtime: turns its stream into events, opens each container it names, and opens the stream again when it breaks. The one
/// place where a runtime plugin's failures are caught. Outlives the plugin: what is known to run stays known while that is replaced.
/// </summary>
/// <param name="name">The runtime's name.</param>
/// <param name="journal">Forgets containers that are gone for good.</param>
/// <param name="post">Where events go.</param>
/// <param name="statusChanged">Told how it does, each time that changes.</param>
/// <param name="time">For delays.</param>
internal sealed class RuntimeDiscovery(
    string name, Journal journal, Action<HostEvent> post, Action<DiscoveryStatus> statusChanged, TimeProvider time) : IOpeningSink
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, (int ProcessId, string Name)> _running = [];
    private readonly Dictionary<string, RuntimeEvent.Trouble> _troubles = [];
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _copies;
    private volatile DiscoveryStatus _status = new(DiscoveryState.Connecting, null);

    internal string Runtime => name;

    /// <summary>How it does at the moment.</summary>
    internal DiscoveryStatus Status => _status;

    /// <summary>Completes when everything that runs has been named for the first time.</summary>
    internal Task WhenListedAsync(CancellationToken cancellationToken) => _listed.Task.WaitAsync(cancellationToken);

    /// <summary>How many containers run.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>
    /// Runs until cancelled, and ignores what the runtime says from then on. <paramref name="onFailure"/> is told of each break of the
    /// stream, once.
    /// </summary>
    internal async Task RunAsync(IContainerRuntime runtime, Action<string> onFailure, CancellationToken cancellationToken)
    {
        int copy = Interlocked.Increment(ref _copies);
        using CancellationTokenRegistration ended = cancellationToken.Register(() => Ended(copy));
        Set(new DiscoveryStatus(DiscoveryState.Connecting, null));
        for (TimeSpan delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            long? connected = null;
            try
            {
                await FollowAsync(runtime, () => connected = time.GetTimestamp(), onFailure, cancellationToken);
                throw new IOException("the stream of containers ended");
            }
            catch (Exception failure) when (failure is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
            {
                Set(new DiscoveryStatus(DiscoveryState.Failed, failure.Message));
                onFailure(failure.Message);
            }

            // One that lists and breaks at once, each time, must not be asked ten times a second for ever.
            delay = connected is { } since && time.GetElapsedTime(since) > delay * 10 ? FirstDelay : delay;

            // A retry of something that gives no event when it is back; the growing delay keeps an idle machine idle.
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    /// <summary>Nobody tells of the runtime any more: its containers are followed no longer. What is mounted in them stays, and stays recorded.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            foreach (ContainerId id in _running.Keys)
            {
                post(new HostEvent.ContainerStopped(id, null, "its plugin is gone; what is mounted stays"));
            }

            _running.Clear();
        }
    }

    /// <summary>Of a copy of the plugin that hangs, this may come when the next one has taken over.</summary>
    private void Ended(int copy)
    {
        if (copy == Volatile.Read(ref _copies))
        {
            Set(new DiscoveryStatus(DiscoveryState.Waiting, "for its plugin to be loaded"));
        }
    }

    private void Set(DiscoveryStatus status)
    {
        if (status != _status)
        {
            _status = status;
            statusChanged(status);
        }
    }

    private void Listening() => Set(_troubles.Count == 0
        ? new DiscoveryStatus(DiscoveryState.Listening, null)
        : new DiscoveryStatus(
            _troubles.Values.All(trouble => trouble.Absent) ? DiscoveryState.Waiting : DiscoveryState.Failed,
            string.Join("; ", _troubles.Values.Select(trouble => $"{trouble.Source}: {trouble.Reason}"))));

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

    private async Task FollowAsync(IContainerRuntime runtime, Action connected, Action<string> onFailure, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ContainerOpenings openings = new(runtime, this, time, ending.Token);
        Stream stream = new([], openings, connected, onFailure);
        _troubles.Clear();
        try
        {
            await foreach (RuntimeEvent e in runtime.DiscoverAsync(cancellationToken).WithCancellation(cancellationToken))
            {
                Told(() => TakeIn(e, stream), cancellationToken);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await openings.WhenEndedAsync();
        }
    }

    private void TakeIn(RuntimeEvent e, Stream stream)
    {
        switch (e)
        {
            case RuntimeEvent.Started started:
                stream.Listed.Add(started.Container.Id);
                Started(started.Container, stream.Openings);
                break;
            case RuntimeEvent.Stopped stopped:
                stream.Openings.Cancel(stopped.Id);
                Stopped(stopped.Id);
                break;
            case RuntimeEvent.Removed removed:
                stream.Openings.Cancel(removed.Id);
                Stopped(removed.Id);
                journal.Forget(removed.Id);
                break;
            case RuntimeEvent.ListComplete:
                _running.Keys.Where(id => !stream.Listed.Contains(id)).ToList().ForEach(Stopped);
                stream.Connected();
                Listening();
                _ = stream.Openings.WhenTriedAsync().ContinueWith(
                    static (_, listed) => ((TaskCompletionSource)listed!).TrySetResult(), _listed, TaskScheduler.Default);
                break;
            case RuntimeEvent.Trouble trouble:
                Troubled(trouble, stream.OnFailure);
                break;
            default:
                throw new InvalidOperationException($"unknown event {e.GetType().Name}");
        }
    }

    private void Started(ContainerDescription container, ContainerOpenings openings)
    {
        if (_running.GetValueOrDefault(container.Id) != (container.ProcessId, container.Name))
        {
            // Holds no object of the plugin: it may be unloaded while its containers run.
            openings.Begin(container with { Labels = container.Labels.ToFrozenDictionary() });
        }
    }

    /// <inheritdoc/>
    bool IOpeningSink.Opened(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            _running[container.Id] = (container.ProcessId, container.Name);
            post(new HostEvent.ContainerStarted(container, entry));
            return true;
        }
    }

    /// <summary>Known all the same, so that its end is noticed; without a process, so that the next word of it is another try.</summary>
    void IOpeningSink.Unreachable(ContainerDescription container, string reason, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _running[container.Id] = default;
                post(new HostEvent.ContainerUnreachable(container, reason));
            }
        }
    }

    /// <summary>Takes in something that the runtime said, unless it is not listened to any more: a late word must not contradict its successor's.</summary>
    private void Told(Action takeIn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            takeIn();
        }
    }

    private void Stopped(ContainerId container)
    {
        _running.Remove(container);
        post(new HostEvent.ContainerStopped(container, null));
    }

    /// <summary>One stream while it is read.</summary>
    /// <param name="Listed">What it has named.</param>
    /// <param name="Openings">What is being opened.</param>
    /// <param name="Connected">To be called when its list is complete.</param>
    /// <param name="OnFailure">Told of what breaks in it.</param>
    private sealed record Stream(HashSet<ContainerId> Listed, ContainerOpenings Openings, Action Connected, Action<string> OnFailure);
}
