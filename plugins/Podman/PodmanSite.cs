using System.Net.Sockets;
using ContainerManager.EngineApi;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Podman;

/// <summary>The usual place of somebody's engine.</summary>
internal abstract class PodmanSite(string socketPath)
{
    internal string SocketPath { get; } = socketPath;

    /// <summary>Why there can be no engine, for a person to read; null: there can.</summary>
    internal abstract string? Absence { get; }

    /// <summary>What to say where there is no engine and none is started; null: the usual.</summary>
    internal virtual string? Silence => null;

    /// <summary>Refuses a connection that is not with this engine.</summary>
    /// <exception cref="IOException">It is with somebody else.</exception>
    internal abstract void Verify(Socket connection);

    /// <summary>True when somebody listens.</summary>
    /// <exception cref="IOException">Somebody does who should not.</exception>
    internal async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (FileStatus.OfPath(SocketPath) is null)
        {
            return false;
        }

        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
        }
        catch (SocketException)
        {
            // Left behind by an engine that was killed.
            return false;
        }

        Verify(socket);
        return true;
    }
}

/// <summary>Root's.</summary>
internal sealed class RootSite(string socketPath) : PodmanSite(socketPath)
{
    internal override string? Absence => null;

    internal override void Verify(Socket connection) => PeerCredentials.RequireRoot(connection);
}
