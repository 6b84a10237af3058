using ContainerManager.Abstractions;

namespace ContainerManager.Host.Containers;

/// <summary>What is to be said of a discovery: what it does, and which of the things that its runtime watches are in trouble.</summary>
/// <param name="changed">Told each time that it is something else.</param>
internal sealed class DiscoveryHealth(Action<DiscoveryStatus> changed)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RuntimeEvent.Trouble> _troubles = [];
    private volatile DiscoveryStatus _status = new(DiscoveryState.Connecting, null);

    internal DiscoveryStatus Status => _status;

    internal void Set(DiscoveryState state, string? reason = null)
    {
        lock (_lock)
        {
            DiscoveryStatus status = new(state, reason);
            if (status != _status)
            {
                _status = status;
                changed(status);
            }
        }
    }

    /// <summary>A new stream tells of its own troubles.</summary>
    internal void ForgetTroubles()
    {
        lock (_lock)
        {
            _troubles.Clear();
        }
    }

    /// <summary>The stream is read, whatever the runtime itself has trouble with.</summary>
    internal void Listening()
    {
        lock (_lock)
        {
            if (_troubles.Count == 0)
            {
                Set(DiscoveryState.Listening);
                return;
            }

            Set(
                _troubles.Values.All(trouble => trouble.Absent) ? DiscoveryState.Waiting : DiscoveryState.Failed,
                string.Join("; ", _troubles.Values.Select(trouble => $"{trouble.Source}: {trouble.Reason}")));
        }
    }

    /// <summary>The runtime's word of something that it watches.</summary>
    internal void Listening(RuntimeEvent.Trouble trouble)
    {
        lock (_lock)
        {
            _troubles.Remove(trouble.Source);
            if (trouble.Reason is not null)
            {
                _troubles.Add(trouble.Source, trouble);
            }

            Listening();
        }
    }
}
