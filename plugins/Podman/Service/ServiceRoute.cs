using System.Net.Sockets;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>A service that we started; over as soon as somebody serves at the usual place.</summary>
internal sealed class ServiceRoute(PodmanSite site, ServiceProcess process, TimeProvider time) : IEngineRoute
{
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
    public ValueTask DisposeAsync() => process.DisposeAsync();

    private async Task WhenServedAsync(CancellationToken cancellationToken)
    {
        // Watched before it is looked at: an engine that came in between is not missed. A socket is there a moment before anyone listens.
        using EngineAbsence absence = new(site.SocketPath, time);
        do
        {
            await absence.WaitAsync(cancellationToken);
        }
        while (!await site.AnswersAsync(cancellationToken));
    }
}
