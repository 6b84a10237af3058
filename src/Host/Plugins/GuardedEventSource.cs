using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Plugins;

/// <summary>
/// A plugin's event source in the core's loop: when it throws, or its descriptor is not what it was, the loop closes it, and its plugin says so in
/// <c>status</c>. What the loop asks of it is taken once, within the time that a plugin has to load: none of its code runs under a lock of ours.
/// </summary>
internal sealed class GuardedEventSource(string plugin, IEventSource source) : IEventSource
{
    /// <summary>What the plugin calls it.</summary>
    internal string OwnName { get; } = source.Name;

    /// <summary>Told of what is wrong with it.</summary>
    internal Action<string>? OnFault { get; set; }

    /// <inheritdoc/>
    public string Name => $"event source {OwnName} of plugin {plugin}";

    /// <inheritdoc/>
    public SafeHandle Handle { get; } = source.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness { get; } = source.Readiness;

    /// <inheritdoc/>
    public void Drain(IEventSink sink) => source.Drain(sink);

    /// <summary>The loop cannot go on with it, and closes it.</summary>
    internal void Failed(Exception fault) =>
        OnFault?.Invoke($"its event source {OwnName} failed and was closed: {fault.Message}; reload the plugin to open it again");

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            source.Dispose();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            OnFault?.Invoke($"its event source {OwnName} could not be closed: {fault.Message}");
        }
    }
}
