using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Docker;

/// <summary>The containers of one or several Docker engines on this host.</summary>
/// <remarks>
/// Each engine is followed for itself, so that one that is down hides none of the others; what they report comes out in one stream.
/// A container's id is the engine's own: 256 random bits, different on every engine.
/// </remarks>
public sealed class DockerRuntime : IContainerRuntime, IDisposable
{
    private static readonly EngineIdentity s_identity = new()
    {
        Runtime = "docker",
        Owner = 0,
        Events = ["start", "die", "destroy", "rename"],
        Removals = ["destroy"],
    };

    private readonly IPluginHost _host;
    private readonly ImmutableArray<Engine> _engines;

    /// <summary>Takes the engines' sockets from the plugin's settings, <c>DOCKER_HOST</c> or Docker's default, in this order.</summary>
    /// <exception cref="FormatException">The settings or <c>DOCKER_HOST</c> name something else than sockets of this host.</exception>
    public DockerRuntime(IPluginHost host)
        : this(host, Environment.GetEnvironmentVariable("DOCKER_HOST"), TimeProvider.System)
    {
    }

    internal DockerRuntime(IPluginHost host, string? dockerHost, TimeProvider time)
    {
        _host = host;
        _engines = [.. EngineSockets.From(host.Settings, dockerHost).Select(path => new Engine(s_identity, new SocketEndpoint(path, time)))];
    }

    /// <inheritdoc/>
    public string Name => s_identity.Runtime;

    /// <inheritdoc/>
    public IAsyncEnumerable<RuntimeEvent> DiscoverAsync(CancellationToken cancellationToken) =>
        EngineStream.ReadAsync([.. _engines.Select(engine => (FollowEngine)engine.FollowAsync)], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) =>
        _engines.FirstOrDefault(engine => engine.Reported(container.Id)) is { } engine
            ? await engine.OpenAsync(_host, container, cancellationToken)
            : throw new IOException($"Container {container.Name} runs no longer.");

    /// <inheritdoc/>
    public async ValueTask<Stream?> ExecuteAsync(ContainerDescription container, ImmutableArray<string> command, CancellationToken cancellationToken) =>
        _engines.FirstOrDefault(engine => engine.Reported(container.Id)) is { } engine
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
}
