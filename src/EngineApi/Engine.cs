using System.Collections.Immutable;
using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>One engine: connects, and connects again when the connection breaks.</summary>
/// <param name="identity">Whose containers it has.</param>
/// <param name="endpoint">Where it listens. Disposed with the engine.</param>
public sealed class Engine(EngineIdentity identity, IEngineEndpoint endpoint) : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private volatile KnownContainers? _containers;
    private volatile EngineClient? _client;

    /// <summary>The container was reported by this engine, and not as removed.</summary>
    public bool Reported(ContainerId id) => identity.Own(id) is { } own && _containers?.Contains(own) == true;

    /// <summary>Opens a container that this engine reported.</summary>
    /// <remarks>Opened first, then compared with what the engine says: whatever the open handles mean cannot change any more.</remarks>
    /// <exception cref="IOException">It runs no longer, not as that process, or is not to be entered.</exception>
    public async Task<ContainerEntry> OpenAsync(IPluginHost host, ContainerDescription container, CancellationToken cancellationToken)
    {
        ContainerEntry? entry = null;
        try
        {
            entry = host.OpenProcess(container.ProcessId);
            if (identity.Check is { } check)
            {
                check(entry, container);
                return entry;
            }

            return await RunsAsync(container, cancellationToken)
                ? entry
                : throw new IOException($"Container {container.Name} no longer runs as process {container.ProcessId}.");
        }
        catch
        {
            entry?.Dispose();
            throw;
        }
    }

    /// <summary>Runs a program in a container that this engine reported, as the engine's <c>exec</c> does.</summary>
    /// <exception cref="IOException">The engine refuses, or cannot be reached.</exception>
    public async Task<Stream> ExecuteAsync(ContainerDescription container, ImmutableArray<string> command, CancellationToken cancellationToken)
    {
        if (identity.Own(container.Id) is not { } id || _client is not { } client)
        {
            throw new IOException($"{endpoint.Name} is not connected");
        }

        try
        {
            return await client.ExecuteAsync(id, command, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new IOException($"{endpoint.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>Reports the engine's containers; a <see cref="FollowEngine"/>.</summary>
    public async Task FollowAsync(ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken)
    {
        KnownContainers containers = _containers = new KnownContainers(identity, events);
        EngineHealth health = new(endpoint.Name, events);
        Action? listedFirst = listed;
        while (true)
        {
            try
            {
                await ConnectAsync(containers, Listed, cancellationToken);
                continue;
            }
            catch (EngineAbsentException absent)
            {
                health.Absent(absent.Message);
                if (absent.NothingRuns)
                {
                    Interlocked.Exchange(ref listedFirst, null)?.Invoke();
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The boundary of one engine: whatever it is, it is said to the user and tried again, and the others go on.
                if (Absence() is { } absence)
                {
                    health.Absent(absence);
                }
                else
                {
                    health.Trouble(exception.Message);
                }
            }

            await endpoint.WaitAsync(cancellationToken);
        }

        void Listed()
        {
            endpoint.Answered();
            health.Well();
            Interlocked.Exchange(ref listedFirst, null)?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => endpoint.Dispose();

    /// <summary>What cannot be looked at is not there: a user's directories are the user's to close.</summary>
    private string? Absence()
    {
        try
        {
            return endpoint.Absence;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return hidden.Message;
        }
    }

    /// <summary>Goes one way to the engine to its end. Returns when there is a better one; throws when it is broken.</summary>
    private async Task ConnectAsync(KnownContainers containers, Action listed, CancellationToken cancellationToken)
    {
        await using IEngineRoute route = await endpoint.OpenAsync(cancellationToken);
        using EngineClient client = new(identity, route, AnswerWithin);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _client = client;
        Task over = route.WhenOverAsync(ending.Token);
        Task session = new EngineSession(client, containers).RunAsync(listed, ending.Token);
        Task first = await Task.WhenAny(over, session);
        await ending.CancelAsync();
        await Task.WhenAll(over, session).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task<bool> RunsAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        if (identity.Own(container.Id) is not { } id || _client is not { } client)
        {
            return false;
        }

        try
        {
            return (await client.LookAsync(id, cancellationToken)).Running?.ProcessId == container.ProcessId;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new IOException($"{endpoint.Name}: {exception.Message}", exception);
        }
    }
}
