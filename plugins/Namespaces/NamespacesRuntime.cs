using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>
/// Containers made of nothing but namespaces and the client: no engine, no image. They outlive the server, which adopts them when it
/// comes back.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and is asked after its end.")]
internal sealed class NamespacesRuntime : IContainerRuntime, IContainerLauncher, IAsyncDisposable
{
    internal const string RuntimeName = "namespaces";

    private readonly ConcurrentDictionary<string, Container> _containers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _lifetime = new();
    private readonly Announcements _announcements = new();
    private readonly IPluginHost _host;
    private readonly RecordStore _records;
    private readonly ContainerServices _services;
    private readonly Lock _adopting = new();
    private bool _adopted;

    /// <param name="host">The core.</param>
    /// <param name="time">For restart delays.</param>
    public NamespacesRuntime(IPluginHost host, TimeProvider time)
    {
        _host = host;
        _records = new RecordStore(host.StateDirectory);
        InitLauncher launcher = new(host, _records, new PrivateClient(host));
        _services = new ContainerServices(launcher, _records, _announcements, time, host.WhenServedAsync, name => _containers.TryRemove(name, out _), _lifetime.Token);
    }

    /// <inheritdoc/>
    public string Name => RuntimeName;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AdoptAll();
        using CancellationTokenSource listening = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        try
        {
            await foreach (RuntimeEvent e in _announcements.Listen(listening.Token).ReadAllAsync(listening.Token))
            {
                yield return e;
            }
        }
        finally
        {
            await listening.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) =>
        _containers.TryGetValue(container.Id.Value, out Container? known) && known.Identity is { } identity && identity.ProcessId == container.ProcessId
            ? ValueTask.FromResult(RunningInit.OpenEntry(_host, identity))
            : throw new IOException("the container has ended");

    /// <inheritdoc/>
    public Task<ContainerDescription> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        AdoptAll();
        ContainerName.Check(request.Name);
        if (request.Command.IsDefaultOrEmpty)
        {
            throw new InvalidOperationException("a container needs a command to run");
        }

        if (request.Root is not null && !Path.IsPathRooted(request.Root))
        {
            throw new InvalidOperationException($"the root must be an absolute path, not '{request.Root}'");
        }

        Container container = new(request, _services);
        return _containers.TryAdd(request.Name, container)
            ? container.LaunchAsync(cancellationToken)
            : throw new InvalidOperationException($"a container named {request.Name} runs already");
    }

    /// <inheritdoc/>
    public Task StopAsync(string name, TimeSpan grace, CancellationToken cancellationToken)
    {
        AdoptAll();
        return _containers.TryGetValue(name, out Container? container)
            ? container.StopAsync(grace, cancellationToken)
            : throw new KeyNotFoundException($"no container named {name} runs");
    }

    /// <summary>Lets go of the containers; they live on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync();
        await Task.WhenAll(_containers.Values.Select(container => container.Supervision));
    }

    /// <summary>Takes over what an earlier server left: the living as they are, the dead as their policy says. Once, before anything else is done.</summary>
    /// <exception cref="IOException">One of them cannot be looked at now. It is not taken for dead, and whoever comes next tries again.</exception>
    private void AdoptAll()
    {
        lock (_adopting)
        {
            if (!_adopted)
            {
                _records.ReadAll().Where(record => !_containers.ContainsKey(record.Request.Name)).ToList().ForEach(Adopt);
                _adopted = true;
            }
        }
    }

    private void Adopt(ContainerRecord record)
    {
        RunningInit? init = OpenLiving(record);
        if (init is null && record.Request.Restart == RestartPolicy.No)
        {
            _records.Delete(record.Request.Name);
            return;
        }

        Container container = new(record.Request, _services);
        _containers[record.Request.Name] = container;
        container.Adopt(init);
    }

    private RunningInit? OpenLiving(ContainerRecord record)
    {
        try
        {
            return record.Init is null ? null : RunningInit.Open(_host, record.Init, wrapper: null);
        }
        catch (IOException) when (ProcFiles.IdentityOf(record.Init!.ProcessId) != record.Init)
        {
            return null;
        }
    }
}
