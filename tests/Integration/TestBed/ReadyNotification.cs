using System.Net.Sockets;
using System.Text;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Where a program says that it is ready (sd_notify(3)).</summary>
internal sealed class ReadyNotification : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <param name="path">A path of the test's own.</param>
    internal ReadyNotification(string path)
    {
        Variable = $"NOTIFY_SOCKET={path}";
        _socket.Bind(new UnixDomainSocketEndPoint(path));
    }

    /// <summary>For the program's environment.</summary>
    internal string Variable { get; }

    /// <summary>Completes when it has said so.</summary>
    internal async Task WaitAsync(TimeSpan within)
    {
        using CancellationTokenSource deadline = new(within);
        byte[] said = new byte[4096];
        while (!Encoding.UTF8.GetString(said, 0, await _socket.ReceiveAsync(said.AsMemory(), deadline.Token)).Contains("READY=1", StringComparison.Ordinal))
        {
        }
    }

    public void Dispose() => _socket.Dispose();
}
