using System.Net.Sockets;
using ContainerManager.Host.Control;

namespace ContainerManager.Tests.Control;

/// <summary>The real server on a socket in a directory of its own, with an engine of words behind it.</summary>
internal sealed class ServedEngine : IAsyncDisposable
{
    /// <summary>For whatever a test waits for: far more than it takes, so that only a defect meets it.</summary>
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory;

    private ServedEngine(FakeEngine engine, DirectoryInfo directory, ControlServer server, string socket)
    {
        Engine = engine;
        _directory = directory;
        Server = server;
        Socket = socket;
        Http = Client(socket);
    }

    internal FakeEngine Engine { get; }

    internal ControlServer Server { get; }

    internal string Socket { get; }

    internal HttpClient Http { get; }

    internal static async Task<ServedEngine> StartAsync()
    {
        FakeEngine engine = new();
        DirectoryInfo directory = Directory.CreateTempSubdirectory("control-");
        string socket = Path.Combine(directory.FullName, "control.sock");
        return new ServedEngine(engine, directory, await FakeEngine.ServeAsync(engine, socket, CancellationToken.None), socket);
    }

    internal static HttpClient Client(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) => await ConnectAsync(socket, cancellationToken),
    })
    {
        BaseAddress = new Uri("http://control"),
        Timeout = Deadline,
    };

    internal static async Task<NetworkStream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Stops the server, leaving the directory for a look.</summary>
    internal ValueTask StopServerAsync() => Server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
