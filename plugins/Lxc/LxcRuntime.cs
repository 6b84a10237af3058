using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Lxc;

/// <summary>The containers of LXC on this host: those of the default lxcpath, and of others that the settings name.</summary>
/// <remarks>
/// Changes are heard of by lxc-monitor(1), directories that go by inotify(7); both only make us look. A container's id is its lxcpath and
/// its name. Nothing is asked of a container.
/// </remarks>
internal sealed class LxcRuntime : IContainerRuntime
{
    /// <summary>The word <c>lxc</c>.</summary>
    internal const string RuntimeName = "lxc";

    private readonly IPluginHost _host;
    private readonly LxcDirectories _directories;
    private readonly LxcPrograms _programs;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<string> _named;
    private volatile FollowedPaths? _paths;

    /// <summary>Takes the lxcpaths from the plugin's settings.</summary>
    /// <exception cref="FormatException">The settings are not understood.</exception>
    public LxcRuntime(IPluginHost host, LxcDirectories directories, TimeProvider time)
        : this(host, directories, time, LxcPrograms.OfHost)
    {
    }

    internal LxcRuntime(IPluginHost host, LxcDirectories directories, TimeProvider time, LxcPrograms programs)
    {
        (_host, _directories, _time, _programs) = (host, directories, time, programs);
        _named = LxcPaths.From(host.Settings);
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    /// <remarks>
    /// Does not throw while LXC is not installed or lxc-monitor does not run: that is a <see cref="RuntimeEvent.Trouble"/>, and the plugin
    /// tries again by itself.
    /// </remarks>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RuntimeEvent> events = Channel.CreateUnbounded<RuntimeEvent>(new UnboundedChannelOptions { SingleReader = true });
        Task following = FollowAsync(events.Writer, stopping.Token);
        try
        {
            await foreach (RuntimeEvent runtimeEvent in events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return runtimeEvent;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await following;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Opened first, then compared with what LXC says: whatever the open handles mean cannot change any more.</remarks>
    public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        ContainerEntry entry = _host.OpenProcess(container.ProcessId);
        try
        {
            await RequireSameAsync(container, entry, cancellationToken);
            return entry;
        }
        catch
        {
            entry.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A user's containers are entered by the core: lxc-attach would have to be run as that user, whose it then would be.</remarks>
    public ValueTask<Stream?> ExecuteAsync(ContainerDescription container, ImmutableArray<string> command, CancellationToken cancellationToken)
    {
        ContainerKey key = ContainerKey.Of(container.Id);
        return new(PathOwner.Of(key.Path) == 0 ? new ChildStream(_programs.Attach(key, command)) : null);
    }

    private async Task FollowAsync(ChannelWriter<RuntimeEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            await new Discovery(_programs, _directories, events, _time).RunAsync(_named, paths => _paths = paths, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            events.TryComplete(exception);
        }
    }

    private async Task RequireSameAsync(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken)
    {
        ContainerKey key = ContainerKey.Of(container.Id);
        Account owner = AccountOf(key) ?? throw new IOException($"{key.Path} is gone");
        if (!owner.IsRoot && UserNamespace.IsOurs(container.ProcessId))
        {
            throw new IOException(
                $"refused: {key.Path} belongs to user {owner.UserId}, and the container has no user namespace of its own (lxc.idmap)");
        }

        // Who answers for a container names its process: it must be in a mount namespace of the same user's making.
        if (NamespaceOwner.OfNamespace(entry.MountNamespace) is uint maker && maker != owner.UserId)
        {
            throw new IOException($"refused: {key.Path} belongs to user {owner.UserId}, and the container's process is in namespaces of user {maker}");
        }

        Observation now = await new ContainerView(_programs).LookAsync(key, owner, cancellationToken);
        if (now.Running?.ProcessId != container.ProcessId)
        {
            throw new IOException($"Container {container.Name} no longer runs as process {container.ProcessId}.");
        }
    }

    private Account? AccountOf(ContainerKey key)
    {
        try
        {
            return _paths?.AccountOf(key.Path);
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new IOException($"{key.Path}: {refused.Message}", refused);
        }
    }
}
