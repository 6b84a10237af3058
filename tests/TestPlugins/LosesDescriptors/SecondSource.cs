using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>The second of two sources.</summary>
public sealed class SecondSource(IPluginHost host) : IEventSource
{
    private readonly Fifo _fifo = new(host, "second");

    /// <inheritdoc/>
    public string Name => "second";

    /// <inheritdoc/>
    public SafeHandle Handle => _fifo.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <inheritdoc/>
    public void Drain(IEventSink sink) => _fifo.Drain();

    /// <inheritdoc/>
    public void Dispose() => _fifo.Dispose();
}
