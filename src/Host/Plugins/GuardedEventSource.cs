using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Plugins;

/// <summary>A plugin's event source in the core's loop: when it throws, the loop closes it, and its plugin says so in <c>status</c>.</summary>
internal sealed class GuardedEventSource(string plugin, IEventSource source, Action<string> onFault) : IEventSource
{
    /// <inheritdoc/>
    public string Name { get; } = $"event source {source.Name} of plugin {plugin}";

    /// <inheritdoc/>
    public SafeHandle Handle => source.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => source.Readiness;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        try
        {
            source.Drain(sink);
        }
        catch (Exception fault)
        {
            onFault($"its event source {source.Name} failed and was closed: {fault.Message}; reload the plugin to open it again");
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();
}
