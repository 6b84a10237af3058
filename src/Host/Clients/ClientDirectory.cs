using System.Net.Sockets;
using System.Text;
using ContainerManager.Linux;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>
/// <c>/yacc/NAME</c>, which a container sees as its <c>/yacc</c>: a shared mount with <c>binds</c>, <c>udev</c>, and the socket of the client that is started
/// inside by hand. It stays when the server ends, since the container would not see another one.
/// </summary>
internal sealed class ClientDirectory : IAsyncDisposable
{
    /// <summary>Other users of the host must not get to the sockets: a container sees its own directory only, and not the way to it.</summary>
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode EverybodyMayConnect = Private | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>What sun_path has room for (unix(7)).</summary>
    private const int LongestAddress = 107;

    /// <summary>Its name until it listens.</summary>
    private const string Draft = ".new";

    private readonly Socket _listener;
    private readonly string _socketPath;

    private ClientDirectory(string path)
    {
        using PropagatingDirectory whole = PropagatingDirectory.Keep(path);
        Binds = whole.Beneath("binds");
        Devices = whole.Beneath("udev");
        _socketPath = Path.Combine(path, ClientSocket.Name);
        File.Delete(_socketPath);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string draft = _socketPath + Draft;
        File.Delete(draft);
        _listener.Bind(new UnixDomainSocketEndPoint(draft));
        File.SetUnixFileMode(draft, EverybodyMayConnect);
        _listener.Listen();

        // The client waits for the name, and must find somebody who listens.
        File.Move(draft, _socketPath);
    }

    /// <summary>Where files, directories and sockets are placed.</summary>
    internal PropagatingDirectory Binds { get; }

    /// <summary>Where device nodes are placed.</summary>
    internal PropagatingDirectory Devices { get; }

    /// <summary>Makes it, or takes over that of an earlier server.</summary>
    /// <param name="root">The directory of all of them; becomes root's alone.</param>
    /// <param name="name">The container's.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static ClientDirectory Open(string root, string name)
    {
        File.SetUnixFileMode(root, Private);
        string path = Path.Combine(root, name);
        int length = Encoding.UTF8.GetByteCount(Path.Combine(path, ClientSocket.Name) + Draft);
        if (length > LongestAddress)
        {
            throw new IOException($"the name is {length - LongestAddress} bytes too long for the path of a socket");
        }

        Directory.CreateDirectory(path);
        return new ClientDirectory(path);
    }

    /// <summary>Somebody who has connected, and its process.</summary>
    /// <exception cref="OperationCanceledException">The server ends.</exception>
    internal async Task<(Stream Stream, int ProcessId)> AcceptAsync(CancellationToken cancellationToken)
    {
        Socket socket = await _listener.AcceptAsync(cancellationToken);
        return (new NetworkStream(socket, ownsSocket: true), PeerProcess.Of(socket));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        File.Delete(_socketPath);
        Binds.Dispose();
        Devices.Dispose();
        return ValueTask.CompletedTask;
    }
}
