using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>
/// What one runtime was last known to run, and the words of it that make the difference. Outlives the streams and the plugin. Whoever is not
/// listened to any more, as its token says, changes nothing: a late word must not contradict its successor's.
/// </summary>
/// <param name="journal">Forgets containers that are gone for good.</param>
/// <param name="post">Where events go.</param>
internal sealed class RunningContainers(Journal journal, Action<HostEvent> post) : IOpeningSink
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, (int ProcessId, string Name)> _running = [];

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

    /// <summary>Does something in one piece: nobody is opened or forgotten meanwhile.</summary>
    /// <exception cref="OperationCanceledException">Whoever says so is not listened to any more; nothing was done.</exception>
    internal void Take(Action words, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            cancellationToken.ThrowIfCancellationRequested();
            words();
        }
    }

    /// <summary>It is open already, and has not been restarted or renamed since.</summary>
    internal bool IsOpen(ContainerDescription container) => _running.GetValueOrDefault(container.Id) == (container.ProcessId, container.Name);

    internal void Stopped(ContainerId container)
    {
        _running.Remove(container);
        post(new HostEvent.ContainerStopped(container, null));
    }

    internal void Removed(ContainerId container)
    {
        Stopped(container);
        journal.Forget(container);
    }

    /// <summary>All others have stopped.</summary>
    internal void Keep(HashSet<ContainerId> listed) => _running.Keys.Where(id => !listed.Contains(id)).ToList().ForEach(Stopped);

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
}
