using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>
/// One container runtime: where its containers are and how to get into them. Implemented by a plugin; found by scanning its assembly.
/// The plugin knows <em>where</em>; mounting, namespaces and permission are the core's work.
/// </summary>
/// <remarks>Members are called from thread pool threads, <see cref="OpenAsync"/> for several containers at once.</remarks>
public interface IContainerRuntime
{
    /// <summary>
    /// The word a person uses for this runtime in the configuration (<c>docker:web</c>) and reads in <c>status</c>. Lower-case
    /// letters and digits; constant.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// What runs now, then <see cref="RuntimeEvent.ListComplete"/>, then changes for as long as it is enumerated. Subscribe to changes
    /// before listing, so that none falls between. When the engine cannot be reached or the stream breaks, throw: the core says so in
    /// <c>status</c>, and opens the stream again with a growing delay.
    /// </summary>
    IAsyncEnumerable<RuntimeEvent> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Opens what is needed to act in the container, usually by <see cref="IPluginHost.OpenProcess"/>. The core owns and disposes the
    /// result. Make sure that the process opened is still the container's: process ids are reused.
    /// </summary>
    /// <exception cref="IOException">The container is gone or cannot be entered. The message is shown to the user.</exception>
    ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a program in the container by the runtime's own means, so that it is confined and accounted as the container's own programs are. What is
    /// written to the stream is the program's standard input, what is read its standard output; disposing it closes both. Null, as here: the runtime
    /// has no such means, and the core enters the namespaces by itself.
    /// </summary>
    /// <param name="container">Which.</param>
    /// <param name="command">The program, a path inside, and its arguments.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It could not be started. The message is shown to the user.</exception>
    ValueTask<Stream?> ExecuteAsync(ContainerDescription container, ImmutableArray<string> command, CancellationToken cancellationToken) => new((Stream?)null);
}
