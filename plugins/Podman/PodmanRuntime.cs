using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;
using ContainerManager.Plugins.Podman.Service;
using ContainerManager.Plugins.Podman.Users;

namespace ContainerManager.Plugins.Podman;

/// <summary>The containers of Podman: root's, and those of the users that the settings name.</summary>
/// <remarks>
/// Podman needs no daemon, and where none serves its API we start <c>podman system service</c> ourselves: it is the one interface that
/// says what happens when it happens. All are followed in one stream; one that is away hides none of the others.
/// </remarks>
internal sealed class PodmanRuntime : IContainerRuntime, IDisposable
{
    private readonly IPluginHost _host;
    private readonly PodmanSettings _settings;
    private readonly ImmutableArray<Engine> _engines;
    private readonly UserEngines _users;

    /// <exception cref="FormatException">The settings are not as they should be.</exception>
    public PodmanRuntime(IPluginHost host, TimeProvider time)
        : this(host, time, PodmanProgram.SearchPath)
    {
    }

    internal PodmanRuntime(IPluginHost host, TimeProvider time, string searchPath)
    {
        _host = host;
        _settings = PodmanSettings.From(host.Settings);
        PodmanProgram program = new(searchPath);
        ServiceStarter starter = new(host, program, time);
        _engines = [.. _settings.Sockets.Select((path, index) => new Engine(PodmanIdentity.OfRoot, EndpointOf(path, index, starter, time)))];
        _users = new UserEngines(starter, time);
    }

    /// <inheritdoc/>
    public string Name => PodmanIdentity.Runtime;

    /// <inheritdoc/>
    public IAsyncEnumerable<RuntimeEvent> DiscoverAsync(CancellationToken cancellationToken)
    {
        IEnumerable<FollowEngine> ofRoot = _engines.Select(engine => (FollowEngine)engine.FollowAsync);
        IEnumerable<FollowEngine> ofUsers = _settings.Users.Select(user => (FollowEngine)new NamedUser(user, _users).FollowAsync);
        IEnumerable<FollowEngine> ofEveryone = _settings.EveryUser ? [new LoggedInUsers(_settings.Users, _users).FollowAsync] : [];
        return EngineStream.ReadAsync([.. ofRoot, .. ofUsers, .. ofEveryone], cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) =>
        (_engines.FirstOrDefault(engine => engine.Reported(container.Id)) ?? _users.Reporting(container.Id)) is { } engine
            ? await engine.OpenAsync(_host, container, cancellationToken)
            : throw new IOException($"Container {container.Name} runs no longer.");

    /// <inheritdoc/>
    public async ValueTask<Stream?> ExecuteAsync(ContainerDescription container, ImmutableArray<string> command, CancellationToken cancellationToken) =>
        (_engines.FirstOrDefault(engine => engine.Reported(container.Id)) ?? _users.Reporting(container.Id)) is { } engine
            ? await engine.ExecuteAsync(container, command, cancellationToken)
            : throw new IOException($"Container {container.Name} runs no longer.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Engine engine in _engines)
        {
            engine.Dispose();
        }
    }

    /// <summary>The service that we start has the storage of one engine: it stands in for the first socket.</summary>
    private IEngineEndpoint EndpointOf(string path, int index, ServiceStarter starter, TimeProvider time) => index == 0 && _settings.Service
        ? new PodmanEndpoint(new RootSite(path), starter.OfRoot(_settings.Options), time)
        : new SocketEndpoint(path, time);
}
