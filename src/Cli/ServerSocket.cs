using System.Net.Sockets;
using ContainerManager.Protocol;

namespace ContainerManager.Cli;

/// <summary>The way to the server, and words for why there is none.</summary>
internal sealed class ServerSocket(string path)
{
    /// <summary>Where the seed project's server listened. Anybody can make a socket there, so it is only used when it is named.</summary>
    private const string SeedSocket = "/tmp/container-manager-cli.sock";

    /// <summary>Blocks while the server's queue is full; an asynchronous connect(2) would fail then, with EAGAIN.</summary>
    internal NetworkStream Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw Why(exception);
        }
    }

    private Failure Why(Exception exception)
    {
        if (!Path.Exists(path))
        {
            return new Failure(ExitCode.NotRunning, $"the server is not running: there is no {path}", Remedy());
        }

        return exception switch
        {
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                new Failure(ExitCode.NotRunning, $"the server is not running: nobody answers at {path}", Remedy()),
            SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                new Failure(ExitCode.Failed, $"you may not use {path}", "it is root's: try again with sudo"),
            _ => new Failure(ExitCode.Failed, $"cannot connect to {path}: {exception.Message}"),
        };
    }

    private string Remedy()
    {
        string start = $"start it as root: server; or say where it listens with --socket or {ControlAddress.SocketVariable}";
        return path != SeedSocket && Path.Exists(SeedSocket) ? $"{start} (--socket {SeedSocket} is there, if you trust it)" : start;
    }
}
