using System.Collections.Concurrent;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;
using ContainerManager.Plugins.Podman.Service;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>The engines of users that are followed now.</summary>
internal sealed class UserEngines(ServiceStarter starter, TimeProvider time)
{
    private readonly ConcurrentDictionary<uint, Engine> _engines = new();

    /// <summary>For pauses.</summary>
    internal TimeProvider Time => time;

    /// <summary>The engine that reported a container, or null.</summary>
    internal Engine? Reporting(ContainerId id) => _engines.Values.FirstOrDefault(engine => engine.Reported(id));

    /// <summary>Follows a user's engine until cancelled; one that is followed already is left alone.</summary>
    /// <param name="account">The user.</param>
    /// <param name="serve">Start a service where there is none; otherwise say nothing.</param>
    /// <param name="events">As in <see cref="FollowEngine"/>.</param>
    /// <param name="listed">As in <see cref="FollowEngine"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task FollowAsync(Account account, bool serve, ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken)
    {
        PodmanEndpoint endpoint = new(new UserSite(account, quiet: !serve), serve ? starter.Of(account) : null, time);
        using Engine engine = new(PodmanIdentity.Of(account), endpoint);
        if (!_engines.TryAdd(account.UserId, engine))
        {
            // The same user by name and by number.
            listed();
            return;
        }

        try
        {
            await engine.FollowAsync(events, listed, cancellationToken);
        }
        finally
        {
            _engines.TryRemove(account.UserId, out _);
        }
    }
}
