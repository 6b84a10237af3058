using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>Looks at single containers.</summary>
/// <remarks>
/// Nearly all containers of a host are known not to run by one connect(2); only for those that do is lxc-info asked, a few milliseconds
/// each. lxc-ls would read the configuration of all, and for its table step into the network of each.
/// </remarks>
internal sealed class ContainerView(LxcPrograms programs)
{
    /// <summary>What a container is now.</summary>
    /// <param name="key">Which.</param>
    /// <param name="owner">As whom its lxcpath is used. Nobody but this user, or root, is believed.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="IOException">That cannot be said now. The message says why.</exception>
    internal async Task<Observation> LookAsync(ContainerKey key, Account owner, CancellationToken cancellationToken)
    {
        if (CommandSocket.Of(key.Path, key.Name) is not { } before)
        {
            return NotRunning(key);
        }

        if (before.UserId != 0 && before.UserId != owner.UserId)
        {
            // Anyone can take the name of a socket. One without a container is no business of ours.
            return IsDefined(key) ? throw new IOException($"user {before.UserId} has taken its command socket") : NotRunning(key);
        }

        // Asked as whoever answers: it talks to its own user only.
        Account asking = before.UserId == 0 ? Account.Root : owner;
        ContainerInfo info = await programs.InfoAsync(asking, key.Path, key.Name, cancellationToken);

        // While one process listens, the name is nobody else's: the answer came from it.
        return CommandSocket.Of(key.Path, key.Name) is not { } after ? NotRunning(key)
            : after != before ? throw new IOException("it was restarted while it was looked at")
            : info.Runs ? new Observation(Exists: true, Describe(key, info))
            : new Observation(Exists: true, Running: null);
    }

    private static Observation NotRunning(ContainerKey key) => new(IsDefined(key), Running: null);

    private static bool IsDefined(ContainerKey key) => File.Exists(Path.Combine(key.Path, key.Name, "config"));

    private static ContainerDescription Describe(ContainerKey key, ContainerInfo info) => new()
    {
        Id = key.Id,
        Name = key.Name,
        ProcessId = info.ProcessId!.Value,
        HostName = info.HostName,
    };
}
