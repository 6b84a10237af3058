using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.EngineApi;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>A user whom the settings name: followed as soon as there is such a user.</summary>
/// <param name="user">Name or id.</param>
/// <param name="engines">Where the engine belongs.</param>
internal sealed class NamedUser(string user, UserEngines engines)
{
    /// <summary>Nothing tells of users who come from elsewhere than the file. Seldom enough to cost nothing.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(30);

    /// <summary>As <see cref="FollowEngine"/>.</summary>
    internal async Task FollowAsync(ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken)
    {
        using SocketArrival users = new("/etc/passwd");
        Account? account = await TryFindAsync(events, cancellationToken);
        if (account is null)
        {
            listed();
            do
            {
                await users.WaitAsync(LookAfter, engines.Time, cancellationToken);
                account = await TryFindAsync(events, cancellationToken);
            }
            while (account is null);
            events.TryWrite(new RuntimeEvent.Trouble(Source, null));
            listed = () => { };
        }

        await engines.FollowAsync(account, serve: true, events, listed, cancellationToken);
    }

    private string Source => $"user {user}";

    private async Task<Account?> TryFindAsync(ChannelWriter<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            Account? account = await Account.FindAsync(user, cancellationToken);
            if (account is null)
            {
                events.TryWrite(new RuntimeEvent.Trouble(Source, "there is no such user", Absent: true));
            }

            return account;
        }
        catch (IOException failure)
        {
            events.TryWrite(new RuntimeEvent.Trouble(Source, failure.Message));
            return null;
        }
    }
}
