using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Tells of each trouble and of its end, each once.</summary>
internal sealed class Troubles(ChannelWriter<RuntimeEvent> events)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _reasons = [];

    /// <summary>Something is wrong; or, <paramref name="absent"/>, only not there.</summary>
    internal void Say(string source, string reason, bool absent = false)
    {
        lock (_lock)
        {
            if (_reasons.GetValueOrDefault(source) != reason)
            {
                _reasons[source] = reason;
                events.TryWrite(new RuntimeEvent.Trouble(source, reason, absent));
            }
        }
    }

    internal void Over(string source)
    {
        lock (_lock)
        {
            if (_reasons.Remove(source))
            {
                events.TryWrite(new RuntimeEvent.Trouble(source, null));
            }
        }
    }
}
