using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Events;

/// <summary>Tells once when a container's first process has ended. A pidfd stays readable, so the source must be removed then.</summary>
internal sealed class ProcessExitSource(SafeHandle process, Action exited) : IEventSource
{
    private bool _told;

    /// <summary>What the loop returned for this source; ended by the first event, so that the readable handle does not wake the loop again.</summary>
    internal IDisposable? Registration { get; set; }

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

        Registration?.Dispose();
    }

    /// <summary>The handle belongs to the container's entry.</summary>
    public void Dispose()
    {
    }
}
