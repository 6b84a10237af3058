using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Docker;

/// <summary>The containers of one or several Docker engines on this host.</summary>
/// <remarks>
/// Each engine is followed for itself, so that one that is down hides none of the others; what they report comes out in one stream.
/// A container's id is the engine's own: 256 random bits, different on every engine.
/// </remarks>
public sealed class DockerRuntime : IContainerRuntime, IDisposable
{
    /// <summary>The word <c>docker</c>.</summary>
    internal const string RuntimeName = "docker";

    private readonly IPluginHost _host;
    private readonly ImmutableArray<Engine> _engines;

    /// <summary>Takes the engines' sockets from the plugin's settings, <c>DOCKER_HOST</c> or Docker's default, in this order.</summary>
    /// <exception cref="FormatException">The settings or <c>DOCKER_HOST</c> name something else than sockets of this host.</exception>
    public DockerRuntime(IPluginHost host)
        : this(host, Environment.GetEnvironmentVariable("DOCKER_HOST"), TimeProvider.System)
    {
    }

    internal DockerRuntime(IPluginHost host, string? dockerHost, TimeProvider time)
    {
        _host = host;
        _engines = [.. EngineSockets.From(host.Settings, dockerHost).Select(path => new Engine(path, time))];
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    /// <remarks>
    /// Does not throw for an engine that is away: that is a <see cref="RuntimeEvent.Trouble"/>, and the plugin connects again by itself.
    /// </remarks>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RuntimeEvent> events = Channel.CreateUnbounded<RuntimeEvent>(new UnboundedChannelOptions { SingleReader = true });
        ListCountdown lists = new(_engines.Length, events.Writer);
        Task following = Task.WhenAll(_engines.Select(engine => FollowAsync(engine, events.Writer, lists, stopping.Token)));
        try
        {
            await foreach (RuntimeEvent runtimeEvent in events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return runtimeEvent;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await following;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Opened first, then compared with what the engine says: whatever the open handles mean cannot change any more.</remarks>
    public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        ContainerEntry entry = _host.OpenProcess(container.ProcessId);
        try
        {
            if (!await RunsAsync(container, cancellationToken))
            {
                throw new IOException($"Container {container.Name} no longer runs as process {container.ProcessId}.");
            }

            return entry;
        }
        catch
        {
            entry.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Engine engine in _engines)
        {
            engine.Dispose();
        }
    }

    private static async Task FollowAsync(Engine engine, ChannelWriter<RuntimeEvent> events, ListCountdown lists, CancellationToken cancellationToken)
    {
        try
        {
            await engine.FollowAsync(events, lists.EngineListed, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            events.TryComplete(exception);
        }
    }

    /// <summary>Asks the engine that reported the container; all of them when none did (a container remembered from an earlier stream).</summary>
    private async Task<bool> RunsAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        string id = container.Id.Value;
        Engine? owner = _engines.FirstOrDefault(engine => engine.Reported(id));
        foreach (Engine engine in owner is null ? _engines : [owner])
        {
            if (await engine.DescribeAsync(id, cancellationToken) is { } now)
            {
                return now.ProcessId == container.ProcessId;
            }
        }

        return false;
    }
}
