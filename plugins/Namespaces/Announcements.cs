using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>What runs, told to whoever listens. A listener hears of what runs at first and of each change after, and misses none.</summary>
internal sealed class Announcements
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, ContainerDescription> _running = [];
    private readonly Dictionary<string, RuntimeEvent.Trouble> _troubles = [];
    private readonly List<ChannelWriter<RuntimeEvent>> _listeners = [];

    internal void Started(ContainerDescription container)
    {
        lock (_lock)
        {
            _running[container.Id] = container;
            Tell(new RuntimeEvent.Started(container));
        }
    }

    internal void Stopped(ContainerId id)
    {
        lock (_lock)
        {
            if (_running.Remove(id))
            {
                Tell(new RuntimeEvent.Stopped(id));
            }
        }
    }

    internal void Removed(ContainerId id)
    {
        lock (_lock)
        {
            Tell(new RuntimeEvent.Removed(id));
        }
    }

    /// <summary>Something is wrong with a container that shall run; null: no longer.</summary>
    internal void Trouble(ContainerId id, string? reason)
    {
        string source = id.ToString();
        lock (_lock)
        {
            bool known = _troubles.Remove(source);
            if (reason is not null)
            {
                _troubles[source] = new RuntimeEvent.Trouble(source, reason);
            }

            if (known || reason is not null)
            {
                Tell(new RuntimeEvent.Trouble(source, reason));
            }
        }
    }

    /// <summary>Begins to listen. The reader has what runs now and the mark of completeness already.</summary>
    internal ChannelReader<RuntimeEvent> Listen(CancellationToken cancellationToken)
    {
        Channel<RuntimeEvent> channel = Channel.CreateUnbounded<RuntimeEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            foreach (ContainerDescription container in _running.Values)
            {
                channel.Writer.TryWrite(new RuntimeEvent.Started(container));
            }

            channel.Writer.TryWrite(new RuntimeEvent.ListComplete());
            foreach (RuntimeEvent.Trouble trouble in _troubles.Values)
            {
                channel.Writer.TryWrite(trouble);
            }

            _listeners.Add(channel.Writer);
        }

        cancellationToken.Register(() => EndListening(channel.Writer));
        return channel.Reader;
    }

    private void EndListening(ChannelWriter<RuntimeEvent> listener)
    {
        lock (_lock)
        {
            _listeners.Remove(listener);
        }
    }

    private void Tell(RuntimeEvent e) => _listeners.ForEach(listener => listener.TryWrite(e));
}
