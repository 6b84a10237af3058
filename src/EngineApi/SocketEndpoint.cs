using System.Net.Sockets;

namespace ContainerManager.EngineApi;

/// <summary>An engine that somebody else starts, at a socket that stays the same.</summary>
/// <param name="socketPath">Its path.</param>
/// <param name="time">For the pauses between attempts.</param>
public sealed class SocketEndpoint(string socketPath, TimeProvider time) : IEngineEndpoint
{
    private readonly EngineAbsence _absence = new(socketPath, time);

    /// <inheritdoc/>
    public string Name => "unix://" + socketPath;

    /// <inheritdoc/>
    public string? Absence => File.Exists(socketPath) ? null : "there is no such socket; waiting for the engine to start";

    /// <inheritdoc/>
    public ValueTask<IEngineRoute> OpenAsync(CancellationToken cancellationToken) => Absence is { } absence
        ? throw new EngineAbsentException(absence)
        : ValueTask.FromResult<IEngineRoute>(new Route(socketPath));

    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken) => _absence.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Answered() => _absence.Over();

    /// <inheritdoc/>
    public void Dispose() => _absence.Dispose();

    private sealed class Route(string socketPath) : IEngineRoute
    {
        public string SocketPath => socketPath;

        public void Verify(Socket connection) => PeerCredentials.RequireRoot(connection);

        public Task WhenOverAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
