using System.IO.Pipes;
using System.Runtime.InteropServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Says by its name which version of a library it sees.</summary>
public sealed class PrivateDependencySource : IEventSource
{
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.In);

    /// <inheritdoc/>
    public string Name => $"Scrutor-{typeof(Scrutor.ITypeSourceSelector).Assembly.GetName().Version!.Major}";

    /// <inheritdoc/>
    public SafeHandle Handle => _pipe.SafePipeHandle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _pipe.Dispose();
}
