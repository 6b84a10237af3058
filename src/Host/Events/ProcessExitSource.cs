using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Events;

/// <summary>Tells once when a container's first process has ended. A pidfd stays readable, so the source must be removed then.</summary>
internal sealed class ProcessExitSource(SafeHandle process, Action exited) : IEventSource
{
    private bool _told;

    /// <inheritdoc/>
    public string Name => "process exit";

    /// <inheritdoc/>
    public SafeHandle Handle => process;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        if (!_told)
        {
            _told = true;
            exited();
        }
    }

    /// <summary>The handle belongs to the container's entry.</summary>
    public void Dispose()
    {
    }
}
