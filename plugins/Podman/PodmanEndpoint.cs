using System.Net.Sockets;
using ContainerManager.EngineApi;
using ContainerManager.Plugins.Podman.Service;

namespace ContainerManager.Plugins.Podman;

/// <summary>
/// Podman's usual socket while somebody serves there; otherwise a service that we start, for as long as nobody does. Both show the same
/// containers.
/// </summary>
/// <param name="site">The usual place.</param>
/// <param name="service">What to start; null: nothing.</param>
/// <param name="time">For pauses.</param>
internal sealed class PodmanEndpoint(PodmanSite site, PodmanService? service, TimeProvider time) : IEngineEndpoint
{
    private readonly EngineAbsence _absence = new(site.SocketPath, time, started: service is not null);

    /// <inheritdoc/>
    public string Name => "unix://" + site.SocketPath;

    /// <inheritdoc/>
    public string? Absence => site.Absence ?? (File.Exists(site.SocketPath) ? null
        : service is null ? site.Silence ?? "there is no such socket; waiting for the engine to start" : service.Absence);

    /// <inheritdoc/>
    public async ValueTask<IEngineRoute> OpenAsync(CancellationToken cancellationToken)
    {
        if (Absence is { } absence)
        {
            // Neither a user who is not logged in nor a machine without Podman has containers; an engine without socket may have.
            throw new EngineAbsentException(absence, nothingRuns: site.Absence is not null || service is not null);
        }

        if (await site.AnswersAsync(cancellationToken))
        {
            return new SiteRoute(site);
        }

        // Left by an engine that was killed, or about to be listened at.
        return service is null
            ? throw new EngineAbsentException(site.Silence ?? "nobody listens at that socket; waiting for the engine to start")
            : new ServiceRoute(site, await service.StartAsync(cancellationToken), time);
    }

    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken) => _absence.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Answered() => _absence.Over();

    /// <inheritdoc/>
    public void Dispose() => _absence.Dispose();

    /// <summary>The usual socket.</summary>
    private sealed class SiteRoute(PodmanSite site) : IEngineRoute
    {
        public string SocketPath => site.SocketPath;

        public void Verify(Socket connection) => site.Verify(connection);

        public Task WhenOverAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
