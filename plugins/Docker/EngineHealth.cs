using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Docker;

/// <summary>Tells of an engine's trouble and of its end, each once.</summary>
internal sealed class EngineHealth(string address, ChannelWriter<RuntimeEvent> events)
{
    private string? _reason;

    internal void Trouble(string reason) => Say(reason);

    internal void Well() => Say(null);

    private void Say(string? reason)
    {
        if (reason != _reason)
        {
            _reason = reason;
            events.TryWrite(new RuntimeEvent.Trouble(address, reason));
        }
    }
}
