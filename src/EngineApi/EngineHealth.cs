using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>Tells of an engine's trouble and of its end, each once.</summary>
internal sealed class EngineHealth(string address, ChannelWriter<RuntimeEvent> events)
{
    private string? _reason;

    internal void Trouble(string reason) => Say(reason, absent: false);

    /// <summary>It does not run, which is no fault. Without a reason: nor worth a word.</summary>
    internal void Absent(string reason) => Say(reason.Length > 0 ? reason : null, absent: reason.Length > 0);

    internal void Well() => Say(null, absent: false);

    private void Say(string? reason, bool absent)
    {
        if (reason != _reason)
        {
            _reason = reason;
            events.TryWrite(new RuntimeEvent.Trouble(address, reason, absent));
        }
    }
}
