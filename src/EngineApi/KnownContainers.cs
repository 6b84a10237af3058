using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>
/// What one engine's containers were last seen to be. Turns what is seen now into the changes to report, so that looking twice, or at
/// the wrong moment, does no harm.
/// </summary>
internal sealed class KnownContainers(EngineIdentity identity, ChannelWriter<RuntimeEvent> events)
{
    private readonly Lock _lock = new();

    /// <summary>Id → how it was reported; null: reported as stopped.</summary>
    private readonly Dictionary<string, ContainerDescription?> _reported = [];

    /// <summary>Id → what was said of it that could not be understood.</summary>
    private readonly Dictionary<string, string> _troubles = [];

    /// <summary>Everything reported that was not removed since.</summary>
    internal string[] Ids
    {
        get
        {
            lock (_lock)
            {
                return [.. _reported.Keys];
            }
        }
    }

    internal bool Contains(string id)
    {
        lock (_lock)
        {
            return _reported.ContainsKey(id);
        }
    }

    /// <summary>It runs, as described.</summary>
    internal void Runs(string id, ContainerDescription now)
    {
        lock (_lock)
        {
            if (_reported.GetValueOrDefault(id) is { } before && SameRun(before, now))
            {
                return;
            }

            _reported[id] = now;
            events.TryWrite(new RuntimeEvent.Started(now));
        }
    }

    /// <summary>It exists, but does not run.</summary>
    internal void Rests(string id)
    {
        lock (_lock)
        {
            Stop(id);
        }
    }

    /// <summary>It exists no longer.</summary>
    internal void IsRemoved(string id)
    {
        lock (_lock)
        {
            Stop(id);
            _reported.Remove(id);
            events.TryWrite(new RuntimeEvent.Removed(identity.IdOf(id)));
        }
    }

    /// <summary>The engine has no good answer for it.</summary>
    internal void NotUnderstood(string id, string reason)
    {
        lock (_lock)
        {
            if (_troubles.GetValueOrDefault(id) != reason)
            {
                _troubles[id] = reason;
                events.TryWrite(new RuntimeEvent.Trouble(TroubleOf(id), reason));
            }
        }
    }

    /// <summary>It has again.</summary>
    internal void Understood(string id)
    {
        lock (_lock)
        {
            if (_troubles.Remove(id))
            {
                events.TryWrite(new RuntimeEvent.Trouble(TroubleOf(id), null));
            }
        }
    }

    private string TroubleOf(string id) => $"container {identity.IdOf(id).Value}";

    private static bool SameRun(ContainerDescription before, ContainerDescription now) =>
        before.ProcessId == now.ProcessId && before.Name == now.Name && before.HostName == now.HostName;

    private void Stop(string id)
    {
        if (_reported.GetValueOrDefault(id) is not null)
        {
            _reported[id] = null;
            events.TryWrite(new RuntimeEvent.Stopped(identity.IdOf(id)));
        }
    }
}
