using System.Threading.Channels;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// One time of listening to LXC, from the subscription to the moment it breaks. Everything that is heard, the list and the changes, only
/// makes us look at the container, so that old news cannot contradict what was seen since.
/// </summary>
internal sealed class Session(
    FollowedPaths paths, LxcPrograms programs, LxcDirectories directories, KnownContainers containers, Troubles troubles, TimeProvider time)
{
    private readonly Channel<Hint> _hints = Channel.CreateUnbounded<Hint>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ContainerView _view = new(programs);

    /// <summary>
    /// Runs until lxc-monitor ends, and throws why; returns when an lxcpath has changed hands, so that it must be listened to as somebody
    /// else. Calls <paramref name="listed"/> when everything running was reported.
    /// </summary>
    internal async Task RunAsync(Action listed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ContainerLooks looks = new(LookAsync, containers, troubles, ending.Token);
        Dictionary<string, Account> accounts = Listenable();
        string[] rootsPaths = [.. accounts.Where(entry => entry.Value.IsRoot).Select(entry => entry.Key)];
        List<Task> others = [];
        string[] logins = [.. accounts.Values.Where(account => !account.IsRoot).Select(account => account.RuntimeDirectory).Distinct()];
        directories.Follow(paths.All.Concat(logins), Hear);
        await using MonitorProcess? monitor = rootsPaths is [] ? null
            : await MonitorProcess.StartAsync(programs.Monitor(Account.Root, rootsPaths), line => Hear(new Hint(null, MonitorLine.Container(line))));
        try
        {
            await (monitor?.WhenSubscribedAsync(rootsPaths.Length, ending.Token) ?? Task.CompletedTask);
            await Parallel.ForEachAsync(paths.All, ending.Token, (path, _) => new ValueTask(ListAsync(path, looks)));
            listed();
            others.Add(HeedAsync(accounts, logins, looks, ending.Token));
            others.AddRange(accounts.Where(entry => !entry.Value.IsRoot).GroupBy(entry => entry.Value, entry => entry.Key)
                .Select(group => new UserMonitor(programs, group.Key, [.. group], Hear, troubles, time).RunAsync(ending.Token)));
            await await Task.WhenAny(monitor is null ? others : others.Append(monitor.Ended));
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(others.Append(looks.WhenAllAsync())).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// As whom each lxcpath is listened to. Only one lxc-monitord can be there for an lxcpath, whoever runs it: root's must not take the
    /// place of a user's. One that does not exist yet may be root's; one that is refused is nobody's.
    /// </summary>
    private Dictionary<string, Account> Listenable()
    {
        Dictionary<string, Account> accounts = new(StringComparer.Ordinal);
        foreach (string path in paths.All)
        {
            if ((Allowed(path) ?? (Path.Exists(path) ? null : Account.Root)) is { } account)
            {
                accounts.Add(path, account);
            }
        }

        return accounts;
    }

    private void Hear(Hint hint) => _hints.Writer.TryWrite(hint);

    private void Hear(DirectoryChange change)
    {
        if (change.IsDirectory)
        {
            Hear(new Hint(change.Directory, change.Name));
        }
    }

    /// <summary>Does what the hints say; returns when somebody else owns an lxcpath, or an owner has come or gone.</summary>
    private async Task HeedAsync(Dictionary<string, Account> accounts, string[] logins, ContainerLooks looks, CancellationToken cancellationToken)
    {
        await foreach (Hint hint in _hints.Reader.ReadAllAsync(cancellationToken))
        {
            if (logins.Contains(hint.Path) && hint.Name is null)
            {
                return;
            }

            foreach (string path in paths.All.Where(path => hint.Path is null || hint.Path == path))
            {
                if (hint.Name is { } name)
                {
                    LookIfConcerned(hint, new ContainerKey(path, name), looks);
                }
                else if (Allowed(path) is { } account && account != accounts.GetValueOrDefault(path))
                {
                    return;
                }
                else
                {
                    // Not awaited: a container that is slow to look at must not hold up the word of another.
                    _ = ListAsync(path, looks);
                }
            }
        }
    }

    /// <summary>lxc-monitor does not say in which lxcpath a container is: where one of this name is, or was.</summary>
    private void LookIfConcerned(Hint hint, ContainerKey key, ContainerLooks looks)
    {
        if (hint.Path is not null || containers.Contains(key) || Directory.Exists(Path.Combine(key.Path, key.Name)))
        {
            _ = looks.LookAsync(key);
        }
    }

    private Task ListAsync(string path, ContainerLooks looks)
    {
        string[] there = Allowed(path) is null ? [] : [.. Directory.EnumerateDirectories(path).Select(directory => Path.GetFileName(directory))];
        return Task.WhenAll(there.Where(name => !name.StartsWith('.')).Union(containers.NamesIn(path))
            .Select(name => looks.LookAsync(new ContainerKey(path, name))));
    }

    /// <summary>As whom an lxcpath may be used; null: not at all, and that is told.</summary>
    private Account? Allowed(string path)
    {
        try
        {
            Account? account = paths.AccountOf(path);
            if (account is null)
            {
                troubles.Say(path, "there is no such directory; waiting for it", absent: true);
            }
            else
            {
                troubles.Over(path);
            }

            return account;
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            troubles.Say(path, refused.Message);
            return null;
        }
    }

    private async Task<Observation?> LookAsync(ContainerKey key, CancellationToken cancellationToken)
    {
        if (Allowed(key.Path) is { } account)
        {
            return await _view.LookAsync(key, account, cancellationToken);
        }

        // Of a directory that is gone, so are its containers; of one that is refused, nothing is said.
        return Directory.Exists(key.Path) ? null : await _view.LookAsync(key, Account.Root, cancellationToken);
    }
}
