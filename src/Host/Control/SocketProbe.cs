using System.Net.Sockets;
using ContainerManager.Linux;

namespace ContainerManager.Host.Control;

/// <summary>Whether a server has a socket's place already.</summary>
internal static class SocketProbe
{
    /// <summary>A server that is too busy to take the connection within this time is alive all the same.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Locks the file beside the socket, so that of two servers that start at once one waits for nothing and goes.
    /// </summary>
    /// <exception cref="ControlSocketException">Another one has locked it.</exception>
    internal static FileLock Lock(string socketPath) => FileLock.TryTake(socketPath + ".lock") ?? throw Taken(socketPath);

    /// <summary>Returns when there is nothing, or the socket of a server that is gone.</summary>
    /// <exception cref="ControlSocketException">Somebody listens there, or it is no socket.</exception>
    internal static async Task RefuseLivingAsync(string path, CancellationToken cancellationToken)
    {
        if (FileStatus.OfPath(path) is not { } status)
        {
            return;
        }

        if (status.Identity.Kind != FileKind.Socket)
        {
            throw new ControlSocketException($"{path} is not a socket and is left alone; remove it, or choose another place with --socket");
        }

        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await client.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
        {
            // Its queue is full: it is alive.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        throw Taken(path);
    }

    private static ControlSocketException Taken(string path) =>
        new($"a server is running already and has the control socket {path}; stop it first, or choose another place with --socket");
}
