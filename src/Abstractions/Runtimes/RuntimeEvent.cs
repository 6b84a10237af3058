namespace ContainerManager.Abstractions;

/// <summary>One element of the stream that <see cref="IContainerRuntime.DiscoverAsync"/> returns. A closed family.</summary>
public abstract record RuntimeEvent
{
    private RuntimeEvent() { }

    /// <summary>
    /// The container runs. Saying so again for the same run is harmless; with another process id it means that the container
    /// was restarted.
    /// </summary>
    public sealed record Started(ContainerDescription Container) : RuntimeEvent;

    /// <summary>The container no longer runs; it may start again.</summary>
    public sealed record Stopped(ContainerId Id) : RuntimeEvent;

    /// <summary>The container is gone for good: what is remembered of it may be forgotten.</summary>
    public sealed record Removed(ContainerId Id) : RuntimeEvent;

    /// <summary>
    /// Everything that runs now has been named. Sent once for each stream, also when there is none: containers of this runtime that
    /// the core remembers and the list did not name have stopped.
    /// </summary>
    public sealed record ListComplete : RuntimeEvent;
}
