using System.Net;
using ContainerManager.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ContainerManager.Host.Telemetry;

/// <summary>Serves the metrics, and nothing else, on a TCP address, for those who collect them from other machines. Only where the settings name one.</summary>
/// <param name="write">Writes them.</param>
internal sealed class MetricsAddress(Func<Stream, CancellationToken, Task> write) : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private const int MostConnections = 64;
    private KestrelServer? _server;

    /// <exception cref="IOException">The address cannot be had.</exception>
    internal async Task StartAsync(IPEndPoint address)
    {
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxRequestBodySize = 0;
        options.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        SocketTransportFactory transport = new(Options.Create(new SocketTransportOptions { IOQueueCount = 0 }), NullLoggerFactory.Instance);
        _server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        await _server.StartAsync(this, CancellationToken.None);
    }

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        if (context.Request is not { Path.Value: "/metrics", Method: "GET" })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = ControlAddress.MetricsMediaType;
        await write(context.Response.Body, context.RequestAborted);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            using CancellationTokenSource now = new(TimeSpan.FromSeconds(1));
            await _server.StopAsync(now.Token);
            _server.Dispose();
        }
    }
}
