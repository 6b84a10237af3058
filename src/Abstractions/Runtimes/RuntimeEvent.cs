namespace ContainerManager.Abstractions;

/// <summary>One element of the stream that <see cref="IContainerRuntime.DiscoverAsync"/> returns. A closed family.</summary>
public abstract record RuntimeEvent
{
    private RuntimeEvent() { }

    /// <summary>
    /// The container runs. Saying so again for the same run is harmless; with another process id it means that the container
    /// was restarted, with another name that it was renamed.
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

    /// <summary>
    /// Something that the runtime watches cannot be reached, or can again; <c>status</c> shows it. The stream goes on, and the runtime
    /// tries again by itself. For one of several engines, or where the runtime knows better than the core when to try: an exception
    /// ends the stream of all. Trouble before <see cref="ListComplete"/> may hold that back for as long as it lasts.
    /// </summary>
    /// <param name="Source">What it is, such as the address of an engine.</param>
    /// <param name="Reason">Why, for a person to read; null: it is well again.</param>
    /// <param name="Absent">Nothing is wrong: it is not installed or not started, and is waited for.</param>
    public sealed record Trouble(string Source, string? Reason, bool Absent = false) : RuntimeEvent;
}
