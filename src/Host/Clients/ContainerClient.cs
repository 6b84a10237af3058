using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>The client of one run of a container: started when somebody needs it, ended when nobody has needed it for a while.</summary>
/// <param name="run">Which run of it.</param>
/// <param name="start">Starts it.</param>
/// <param name="withdraw">It has ended, or could not be started: what was needed for it may go.</param>
/// <param name="told">Told of what becomes of it: what, and why.</param>
internal sealed class ContainerClient(int run, Func<CancellationToken, Task<ClientConnection>> start, Action withdraw, Action<string, string?> told) : IAsyncDisposable
{
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _starting = new(1);
    private readonly CancellationTokenSource _ending = new();
    private ClientConnection? _connection;
    private volatile bool _stands;
    private ClientConnection? _adopted;
    private volatile ClientStatus? _failed;

    /// <summary>How it is; null: it was not needed, or has ended as it should.</summary>
    internal ClientStatus? Status => _connection is { Ended.IsCompleted: false } running
        ? new ClientStatus("running", running.Since, running.Runs, null)
        : _failed;

    /// <summary>Its container is still the one that it was.</summary>
    internal bool IsOf(int other) => run == other;

    /// <summary>Opens a run, with a client that is started for it where none is there.</summary>
    /// <exception cref="IOException">There is no client to be had; for a person to read.</exception>
    internal async Task<RunChannel> OpenRunAsync(CancellationToken cancellationToken)
    {
        return await WithConnectionAsync(connection => connection.OpenRun(), cancellationToken);
    }

    /// <summary>Has one there from now on, needed or not; completes when it has ended.</summary>
    /// <exception cref="IOException">It could not be started; for a person to read.</exception>
    internal async Task StandAsync(CancellationToken cancellationToken)
    {
        _stands = true;
        await await WithConnectionAsync(connection => connection.Ended, cancellationToken);
    }

    /// <summary>One has come by itself: it is used for as long as it stays, and not ended when nobody needs it.</summary>
    internal async Task AdoptAsync(ClientConnection connection)
    {
        await _starting.WaitAsync(_ending.Token);
        try
        {
            // One that we have started goes on until what runs through it has ended, and it is idle.
            _connection = _adopted = connection;
            Follow(connection);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Ends it where the stream to it is an object of the runtime's plugin.</summary>
    internal async Task LeavePluginAsync()
    {
        if (_connection is { IsOfPlugin: true } connection)
        {
            await connection.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_connection is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task<T> WithConnectionAsync<T>(Func<ClientConnection, T> use, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        await _starting.WaitAsync(either.Token);
        try
        {
            if (_connection is not { Ended.IsCompleted: false })
            {
                _connection = await StartAsync(either.Token);
            }

            return use(_connection);
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<ClientConnection> StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            ClientConnection connection = await start(cancellationToken);
            Follow(connection);
            return connection;
        }
        catch (Exception failure)
        {
            _failed = failure is IOException ? new ClientStatus("failed", TimeProvider.System.GetUtcNow(), 0, failure.Message) : null;
            withdraw();
            throw;
        }
    }

    private void Follow(ClientConnection connection)
    {
        _failed = null;
        told("client-started", null);
        _ = AfterwardsAsync(connection);
    }

    /// <summary>Ends it when it has been idle for long, and says so when it ends by itself.</summary>
    private async Task AfterwardsAsync(ClientConnection connection)
    {
        using PeriodicTimer idle = new(IdleFor);
        bool wasIdle = false;
        while (!connection.Ended.IsCompleted)
        {
            Task<bool> tick = idle.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(connection.Ended, tick) == connection.Ended)
            {
                break;
            }

            if (await EndedIdleAsync(connection, wasIdle))
            {
                break;
            }

            wasIdle = connection.Runs == 0;
        }

        Exception? reason = await connection.Ended;
        _failed = reason is null ? null : new ClientStatus("failed", TimeProvider.System.GetUtcNow(), 0, reason.Message);
        told("client-ended", reason?.Message);
        withdraw();
    }

    /// <summary>Not while somebody is about to use it.</summary>
    private async Task<bool> EndedIdleAsync(ClientConnection connection, bool wasIdle)
    {
        await _starting.WaitAsync();
        try
        {
            if (_stands || ReferenceEquals(connection, _adopted) || !wasIdle || connection.Runs > 0)
            {
                return false;
            }

            await connection.DisposeAsync();
            return true;
        }
        finally
        {
            _starting.Release();
        }
    }
}
