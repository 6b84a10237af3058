using System.Net.Sockets;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>A service that we started; over as soon as somebody serves at the usual place.</summary>
internal sealed class ServiceRoute(PodmanSite site, ServiceProcess process, SocketArrival arrival, TimeProvider time) : IEngineRoute
{
    /// <summary>For what no watch shows, such as a file system mounted over the directory. Seldom enough to cost nothing.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public string SocketPath => process.SocketPath;

    /// <inheritdoc/>
    public void Verify(Socket connection) => site.Verify(connection);

    /// <inheritdoc/>
    public async Task WhenOverAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task served = WhenServedAsync(either.Token);
        if (await Task.WhenAny(served, process.WhenEndedAsync()) != served)
        {
            await either.CancelAsync();
            await served.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new IOException(process.Epitaph);
        }

        await served;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        arrival.Dispose();
        await process.DisposeAsync();
    }

    private async Task WhenServedAsync(CancellationToken cancellationToken)
    {
        do
        {
            await arrival.WaitAsync(LookAfter, time, cancellationToken);
        }
        while (!await site.AnswersAsync(cancellationToken));
    }
}
