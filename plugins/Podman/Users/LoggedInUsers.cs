using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>
/// Everyone who logs in (<c>"*"</c>), as far as they have an engine: nothing is started for users who may not even know Podman, and
/// nothing is said of them.
/// </summary>
/// <param name="named">Those who are followed by name.</param>
/// <param name="engines">Where the engines belong.</param>
internal sealed class LoggedInUsers(ImmutableArray<string> named, UserEngines engines)
{
    /// <summary>Each logged-in user has a directory here, named by the user id (pam_systemd(8)).</summary>
    internal const string RuntimeDirectories = "/run/user";

    /// <summary>People, not services: UID_MIN of login.defs(5), and not nobody. Directory services give people numbers far beyond.</summary>
    private const uint First = 1000, Nobody = 65534;

    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);

    /// <summary>As <see cref="FollowEngine"/>.</summary>
    internal async Task FollowAsync(ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken)
    {
        // Nobody waits for the lists of people who may never have an engine.
        listed();
        Dictionary<uint, Task> following = [];
        using SocketArrival arrival = new(Path.Combine(RuntimeDirectories, "*"));
        try
        {
            while (true)
            {
                // One that could not be followed (a directory service that did not answer) is tried again.
                foreach (uint id in LoggedIn().Where(id => following.GetValueOrDefault(id) is null or { IsFaulted: true }))
                {
                    following[id] = FollowAsync(id, events, cancellationToken);
                }

                await arrival.WaitAsync(LookAfter, engines.Time, cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(following.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static IEnumerable<uint> LoggedIn() => Directory.Exists(RuntimeDirectories)
        ? Directory.GetDirectories(RuntimeDirectories)
            .Select(path => uint.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : 0)
            .Where(id => id is >= First and not Nobody)
        : [];

    private async Task FollowAsync(uint id, ChannelWriter<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        string number = id.ToString(CultureInfo.InvariantCulture);
        Account account = await Account.FindAsync(number, cancellationToken) ?? throw new IOException($"the user {number} is logged in, and not known yet");
        if (!named.Contains(number) && !named.Contains(account.Name))
        {
            await engines.FollowAsync(account, serve: false, events, () => { }, cancellationToken);
        }
    }
}
