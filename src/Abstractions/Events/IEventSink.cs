namespace ContainerManager.Abstractions;

/// <summary>Takes what an event source has read.</summary>
public interface IEventSink
{
    /// <summary>Hands over one event. Returns at once.</summary>
    void Post(SourceEvent sourceEvent);
}

/// <summary>What an event source of a plugin can tell the core. A closed family.</summary>
public abstract record SourceEvent
{
    private SourceEvent() { }

    /// <summary>A path of the host shall be in a container, from now until <see cref="UnbindRequested"/>.</summary>
    /// <param name="Container">The container's name, a glob, or <c>runtime:name</c>, as a key of the configuration.</param>
    /// <param name="Source">An absolute path on the host; it may not exist yet.</param>
    /// <param name="Target">An absolute path inside.</param>
    /// <param name="Options">How it is mounted.</param>
    public sealed record BindRequested(string Container, string Source, string Target, MountOptions Options) : SourceEvent;

    /// <summary>Takes back a <see cref="BindRequested"/>.</summary>
    /// <param name="Container">As in the request.</param>
    /// <param name="Target">As in the request.</param>
    public sealed record UnbindRequested(string Container, string Target) : SourceEvent;
}
