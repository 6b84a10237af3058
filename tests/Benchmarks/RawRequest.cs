using System.Net.Sockets;
using System.Text;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>
/// A connection to the control socket with nothing of a library between: what a request takes is what the server takes, and not what the benchmark does.
/// </summary>
internal sealed class RawRequest : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _answer = new byte[65536];

    internal RawRequest(string socket) => _socket.Connect(new UnixDomainSocketEndPoint(socket));

    /// <summary>Sends a request and reads its answer, which must be one of success.</summary>
    internal void Send(string method, string path, string body)
    {
        _socket.Send(Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: server\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        int length = 0;
        do
        {
            int more = _socket.Receive(_answer.AsSpan(length));
            length += more;
            if (more == 0)
            {
                throw new InvalidOperationException("the server hung up");
            }
        }
        while (!IsWhole(_answer.AsSpan(0, length)));

        if (!_answer.AsSpan().StartsWith("HTTP/1.1 20"u8))
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(_answer, 0, length));
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Without a body, or with one that is sent in chunks (RFC 9112, 7.1).</summary>
    private static bool IsWhole(ReadOnlySpan<byte> answer) => answer.EndsWith("\r\n0\r\n\r\n"u8) || (answer.EndsWith("\r\n\r\n"u8) && !answer.Contains((byte)'{'));
}
