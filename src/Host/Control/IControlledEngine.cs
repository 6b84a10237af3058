using System.Collections.Immutable;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Control;

/// <summary>
/// All that the control socket asks of the engine. Called from thread pool threads, several at once; requests are checked before they get
/// here (absolute, normalised paths, well-formed names). A refusal is a <see cref="ControlException"/>; anything else that is thrown is
/// answered as an internal error.
/// </summary>
internal interface IControlledEngine
{
    /// <summary>What is known at this moment. Does not block.</summary>
    StatusReply Snapshot();

    /// <summary>All plugins at this moment. Does not block.</summary>
    PluginsReply Plugins();

    /// <summary>The devices that containers have; of one container, or of all (null) that are known by now.</summary>
    /// <exception cref="ControlException">There is no such container.</exception>
    Task<DevicesReply> DevicesAsync(string? container, CancellationToken cancellationToken);

    /// <summary>Whether a container gets a device, and why. Looks at the device.</summary>
    /// <exception cref="ControlException">There is no such device, or no such container runs.</exception>
    Task<WhyReply> WhyAsync(string device, string container, CancellationToken cancellationToken);

    /// <summary>Loads a plugin again, whether it has changed or not. Completes once that has worked or failed; that it failed is an answer.</summary>
    /// <exception cref="ControlException">There is no such plugin.</exception>
    Task<PluginStatus> ReloadPluginAsync(string name, CancellationToken cancellationToken);

    /// <summary>Completes once the binding is attached, waits or has failed; that it failed is an answer and not an exception.</summary>
    /// <exception cref="ControlException">There is no such container; the target is taken.</exception>
    Task<BindingStatus> BindAsync(string container, BindRequest request, CancellationToken cancellationToken);

    /// <summary>Removes the binding that has <paramref name="path"/> inside or, where none has, on the host. Completes once it is gone.</summary>
    /// <exception cref="ControlException">There is no such container or binding; it is the configuration's; it could not be removed.</exception>
    Task UnbindAsync(string container, string path, CancellationToken cancellationToken);

    /// <summary>Starts a container. Completes once its command runs.</summary>
    /// <exception cref="ControlException">The name is taken; no plugin can start containers; it could not be started.</exception>
    Task<ContainerStatus> SpawnAsync(SpawnRequest request, CancellationToken cancellationToken);

    /// <summary>Ends a container that was spawned. Completes once it has ended.</summary>
    /// <exception cref="ControlException">There is no such container, or its runtime does not let us stop it.</exception>
    Task StopAsync(string container, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a program in a container. Completes when it has ended, or who asked has gone.
    /// </summary>
    /// <param name="container">Its name.</param>
    /// <param name="accept">Called once, when a client is there: from then on the frames of one run go over the stream (<see cref="FrameKind"/>).</param>
    /// <param name="told">Told of the command before it is run.</param>
    /// <param name="cancellationToken">The server ends, or who asked has gone.</param>
    /// <exception cref="ControlException">There is no such container, or no client is to be had in it.</exception>
    Task RunAsync(string container, Func<CancellationToken, Task<Stream>> accept, Action<IEnumerable<string>> told, CancellationToken cancellationToken);

    /// <summary>Writes what is counted and measured, in the text format of Prometheus.</summary>
    Task WriteMetricsAsync(Stream stream, CancellationToken cancellationToken);

    /// <summary>The programs that were started without anybody waiting for them. Does not block.</summary>
    ProgramsReply Programs();

    /// <summary>Starts a program that nobody waits for. Completes once it runs.</summary>
    /// <exception cref="ControlException">There is no such container, or the program cannot be started.</exception>
    Task<ProgramStatus> StartProgramAsync(string container, ProgramRequest request, CancellationToken cancellationToken);

    /// <summary>Ends a program. Completes once it has ended.</summary>
    /// <exception cref="ControlException">There is no such program, or it does not run any more.</exception>
    Task StopProgramAsync(string id, CancellationToken cancellationToken);

    /// <summary>The last events, oldest first; a bounded number.</summary>
    ImmutableArray<EventRecord> RecentEvents();

    /// <summary>
    /// What happens from the call on, until cancelled. It is always read at once, however slow the client is. <see cref="EventFeed"/> does it.
    /// </summary>
    IAsyncEnumerable<EventRecord> FollowAsync(CancellationToken cancellationToken);
}
