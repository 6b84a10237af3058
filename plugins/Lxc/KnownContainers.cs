using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// What the containers were last seen to be. Turns what is seen now into the changes to report, so that looking twice, or at the wrong
/// moment, does no harm.
/// </summary>
internal sealed class KnownContainers(ChannelWriter<RuntimeEvent> events)
{
    private readonly Lock _lock = new();

    /// <summary>Which container → how it was reported; null: reported as stopped.</summary>
    private readonly Dictionary<ContainerKey, ContainerDescription?> _reported = [];

    /// <summary>The names of everything in an lxcpath that was reported and not removed since.</summary>
    internal string[] NamesIn(string lxcPath)
    {
        lock (_lock)
        {
            return [.. _reported.Keys.Where(key => key.Path == lxcPath).Select(key => key.Name)];
        }
    }

    internal bool Contains(ContainerKey key)
    {
        lock (_lock)
        {
            return _reported.ContainsKey(key);
        }
    }

    internal void Report(ContainerKey key, Observation seen)
    {
        lock (_lock)
        {
            if (seen.Running is { } running)
            {
                Runs(key, running);
                return;
            }

            Stop(key);
            if (!seen.Exists && (_reported.Remove(key) || !Directory.Exists(Path.Combine(key.Path, key.Name))))
            {
                // Also what was never reported: an earlier server may have left something in the journal. But not what is only being made.
                events.TryWrite(new RuntimeEvent.Removed(key.Id));
            }
        }
    }

    private void Runs(ContainerKey key, ContainerDescription now)
    {
        if (_reported.GetValueOrDefault(key) is { } before && before.ProcessId == now.ProcessId && before.HostName == now.HostName)
        {
            return;
        }

        _reported[key] = now;
        events.TryWrite(new RuntimeEvent.Started(now));
    }

    private void Stop(ContainerKey key)
    {
        if (_reported.GetValueOrDefault(key) is not null)
        {
            _reported[key] = null;
            events.TryWrite(new RuntimeEvent.Stopped(key.Id));
        }
    }
}
