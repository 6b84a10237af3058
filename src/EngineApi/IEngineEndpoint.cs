using System.Net.Sockets;

namespace ContainerManager.EngineApi;

/// <summary>Where an engine listens. Asked again before each connection: an engine may move, or have to be started first.</summary>
public interface IEngineEndpoint : IDisposable
{
    /// <summary>What <c>status</c> calls the engine, such as its address.</summary>
    string Name { get; }

    /// <summary>
    /// What is not there, for a person to read, where the engine is away and nothing is wrong; empty: not worth a word; null: it should be
    /// there.
    /// </summary>
    string? Absence { get; }

    /// <summary>Finds the way to the engine.</summary>
    /// <exception cref="EngineAbsentException">It is not there, and nothing is wrong.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    ValueTask<IEngineRoute> OpenAsync(CancellationToken cancellationToken);

    /// <summary>After a failure: completes when another attempt is worth it.</summary>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>The engine has answered.</summary>
    void Answered();
}

/// <summary>One way to an engine, from its opening until it is disposed.</summary>
public interface IEngineRoute : IAsyncDisposable
{
    /// <summary>The socket's path.</summary>
    string SocketPath { get; }

    /// <summary>Called with each connection made, before anything is sent.</summary>
    /// <exception cref="IOException">It is not with whom it should be.</exception>
    void Verify(Socket connection);

    /// <summary>Completes when there is a better way to the same engine; never, where there can be none.</summary>
    /// <exception cref="IOException">The way has come to its end, and why.</exception>
    Task WhenOverAsync(CancellationToken cancellationToken);
}

/// <summary>An engine is not there, and nothing is wrong.</summary>
/// <param name="reason">What is not there, for a person to read.</param>
/// <param name="nothingRuns">There cannot be any container either, so nobody need wait for the engine's list.</param>
public sealed class EngineAbsentException(string reason, bool nothingRuns = false) : IOException(reason)
{
    /// <summary>There cannot be any container either.</summary>
    public bool NothingRuns { get; } = nothingRuns;
}
