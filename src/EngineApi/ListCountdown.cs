using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>
/// Says <see cref="RuntimeEvent.ListComplete"/> when the last of the engines has named its containers. Until then nobody knows whether
/// a container that was not named has stopped, or runs on an engine that is away (live restore).
/// </summary>
internal sealed class ListCountdown(int engines, ChannelWriter<RuntimeEvent> events)
{
    private int _missing = engines;

    /// <summary>Called once for each engine.</summary>
    internal void EngineListed()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            events.TryWrite(new RuntimeEvent.ListComplete());
        }
    }
}
