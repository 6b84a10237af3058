using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ContainerManager.Host.Control;

/// <summary>
/// The control API on a unix socket. Kestrel runs only while a client is connected: it wakes a thread every second for its time-outs, and
/// nothing else here wakes when nothing happens. The bare <see cref="KestrelServer"/> has no host around it: no configuration files or
/// variables, no signal handlers, no log.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions { IOQueueCount = 0 }, NullLogger.Instance);
    private readonly ControlSocket _socket;
    private readonly ControlApplication _application;
    private int _disposed;

    private ControlServer(ControlRoutes routes, AccessPolicy access, ControlSocket socket)
    {
        _socket = socket;
        access.Changed = () => socket.OpenTo(access.IsOpenToGroups);
        _application = new ControlApplication(routes, _stopping.Token);
        Completion = Task.Run(ServeAsync);
    }

    /// <summary>Ends with the server; faulted when it could not go on.</summary>
    internal Task Completion { get; }

    /// <summary>Takes the socket's place and serves there. Clients can connect when it returns.</summary>
    /// <exception cref="ControlSocketException">The place is taken by a living server, or cannot be had.</exception>
    internal static async Task<ControlServer> StartAsync(
        ControlRoutes routes, AccessPolicy access, string socketPath, CancellationToken cancellationToken) =>
        new(routes, access, await ControlSocket.ClaimAsync(socketPath, access.IsOpenToGroups, cancellationToken));

    /// <summary>Cancels running requests, waits a moment for their ends, removes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _contexts.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ServePeriodAsync(await _socket.AcceptAsync(_stopping.Token));
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
            }
        }
    }

    /// <summary>Serves this connection and all that come while one is open.</summary>
    private async Task ServePeriodAsync(Socket first)
    {
        BusyPeriod period = new(_socket, first, _contexts);
        using KestrelServer kestrel = new(Options.Create(OptionsFor(period)), period, NullLoggerFactory.Instance);
        await kestrel.StartAsync(_application, CancellationToken.None);
        await using (_stopping.Token.UnsafeRegister(static state => ((BusyPeriod)state!).End(), period))
        {
            await period.Ended;
        }

        using CancellationTokenSource grace = new(s_grace);
        await kestrel.StopAsync(grace.Token);
    }

    private static KestrelServerOptions OptionsFor(BusyPeriod period)
    {
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = RequestBody.LongestBody;

        // Bounded by the period: what Kestrel refuses itself, it tells nobody of.
        options.Limits.MaxConcurrentConnections = null;
        options.Listen(period.EndPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            period.Track(listen);
        });
        return options;
    }
}
