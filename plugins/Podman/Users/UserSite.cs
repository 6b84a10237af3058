using System.Globalization;
using System.Net.Sockets;
using ContainerManager.EngineApi;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Podman.Users;

/// <summary>
/// The usual place of a user's engine. All of it is in the user's hands: a link from there leads to another's engine, and what listens may
/// be anything. So whoever is at the other end must be that user, which the kernel tells (SO_PEERCRED, unix(7)).
/// </summary>
/// <param name="account">Whose.</param>
/// <param name="quiet">Say nothing where there is no engine.</param>
internal sealed class UserSite(Account account, bool quiet) : PodmanSite(Path.Combine(account.RuntimeDirectory, "podman/podman.sock"))
{
    /// <inheritdoc/>
    internal override string? Absence
    {
        get
        {
            FileStatus? directory;
            try
            {
                directory = FileStatus.OfPath(account.RuntimeDirectory);
            }
            catch (KernelException hidden)
            {
                return Silence ?? $"user {account.Name} does not let {account.RuntimeDirectory} be looked at: {hidden.Message}";
            }

            return directory is { Identity.Kind: FileKind.Directory } there && there.Owner == account.UserId
                ? null
                : Silence ?? $"user {account.Name} is not logged in (there is no {account.RuntimeDirectory} of that user)";
        }
    }

    /// <inheritdoc/>
    internal override string? Silence => quiet ? "" : null;

    /// <inheritdoc/>
    internal override void Verify(Socket connection)
    {
        uint user = PeerCredentials.UserOf(connection);
        if (user != account.UserId)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture, $"refused: it leads to a service of user {user}, not of {account.Name} ({account.UserId})"));
        }
    }
}
