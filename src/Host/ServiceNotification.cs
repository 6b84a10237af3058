using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ContainerManager.Host;

/// <summary>
/// Tells the service manager how the server does, where one has asked for it: by datagrams on the socket that NOTIFY_SOCKET names (sd_notify(3)), and, where
/// it watches, that the engine still answers (sd_watchdog_enabled(3)).
/// </summary>
internal sealed class ServiceNotification : IDisposable
{
    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly Timer? _watchdog;

    /// <param name="isAlive">Returns when the engine has answered.</param>
    /// <param name="variable">What the environment says of a variable.</param>
    internal ServiceNotification(Action isAlive, Func<string, string?> variable)
    {
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } socket)
        {
            return;
        }

        // An at-sign stands for the zero byte of an abstract name.
        _manager = new UnixDomainSocketEndPoint(socket[0] == '@' ? "\0" + socket[1..] : socket);
        bool isForUs = variable("WATCHDOG_PID") is not { } process || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (isForUs && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0)
        {
            TimeSpan half = TimeSpan.FromMicroseconds(microseconds / 2.0);
            _watchdog = new Timer(_ => { isAlive(); Tell("WATCHDOG=1"); }, null, half, half);
        }
    }

    internal void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    internal void Stopping() => Tell("STOPPING=1");

    /// <inheritdoc/>
    public void Dispose() => _watchdog?.Dispose();

    private void Tell(string message)
    {
        if (_manager is null)
        {
            return;
        }

        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), _manager);
        }
        catch (SocketException)
        {
            // Nobody listens: a manager that misses it will act by itself.
        }
    }
}
