using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ContainerManager.Host.Control;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Control;

/// <summary>An engine of words: it knows the container <c>web</c> and records what it is asked.</summary>
internal sealed class FakeEngine : IControlledEngine
{
    internal static readonly BindingStatus Attached = new("/srv/a", "/srv/a", "attached", null, false, "_automount", 42);
    internal static readonly BindingStatus Waiting = new("/dev/x", "/dev/y", "waiting", "for /dev/x", true, "bind", null);
    internal static readonly BindingStatus Failed = new("/srv/b", "/b", "failed", "the root is read-only: make /b in the image", false, "bind", null);

    private readonly EventFeed _feed = new();
    private int _followers;

    internal StatusReply Status { get; set; } = new(
        "9.8.7",
        "/etc/container-manager.conf",
        [new RuntimeStatus("docker", "listening", null)],
        [new ContainerStatus("web", "docker", "0123", 4711, "running", null, [Attached, Waiting])],
        []);

    internal static readonly PluginStatus Docker = new("Docker", "1.2.3", "loaded", ["runtime docker"], 1, null);
    internal static readonly PluginStatus Broken = new("Broken", null, "refused", [], 0, "Broken.dll is not a .NET assembly");

    /// <summary>Serves an engine at a place, for its own user alone.</summary>
    internal static Task<ControlServer> ServeAsync(FakeEngine engine, string place, CancellationToken cancellationToken)
    {
        AccessPolicy access = new(null, null);
        return ControlServer.StartAsync(new ControlRoutes(engine, new FakeConfiguration(), access, static (_, _) => { }), access, place, cancellationToken);
    }

    internal ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>What a request waits for before it is answered.</summary>
    internal Func<CancellationToken, Task> Gate { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Completes when a follower has gone.</summary>
    internal TaskCompletionSource FollowerLeft { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a follower is there.</summary>
    internal TaskCompletionSource FollowerCame { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Followers => Volatile.Read(ref _followers);

    internal void Publish(EventRecord record) => _feed.Publish(record);

    public StatusReply Snapshot() => Status;

    public Task<DevicesReply> DevicesAsync(string? container, CancellationToken cancellationToken) => Task.FromResult(new DevicesReply([]));

    public Task<WhyReply> WhyAsync(string device, string container, CancellationToken cancellationToken) =>
        Task.FromResult(new WhyReply(device, device, container, false, "no", []));

    public PluginsReply Plugins() => new([Broken, Docker], 1);

    public Task<PluginStatus> ReloadPluginAsync(string name, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"reload {name}");
        return Task.FromResult(name switch
        {
            "Docker" => Docker,
            "Broken" => Broken,
            _ => throw new ControlException(404, $"there is no plugin {name}", "'container-util plugins' lists them"),
        });
    }

    public async Task<BindingStatus> BindAsync(string container, BindRequest request, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"bind {container} {request.Source} {request.Target ?? "-"} {request.ReadOnly}");
        await Gate(cancellationToken);
        Known(container);
        string target = request.Target ?? request.Source;
        return request.Source switch
        {
            "/taken" => throw new ControlException(409, "/taken is taken", "unbind it first"),
            "/defect" => throw new InvalidOperationException("a defect"),
            "/bad" => Failed with { Source = request.Source, Target = target },
            "/not/there" => Waiting with { Source = request.Source, Target = target, Reason = "for /not/there" },
            _ => Attached with { Source = request.Source, Target = target, ReadOnly = request.ReadOnly },
        };
    }

    public Task UnbindAsync(string container, string path, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"unbind {container} {path}");
        Known(container);
        return Task.CompletedTask;
    }

    public Task<ContainerStatus> SpawnAsync(SpawnRequest request, CancellationToken cancellationToken)
    {
        string words = string.Join('|', request.Command);
        Calls.Enqueue($"spawn {request.Name} {words} {request.Root ?? "-"} {request.HostNetwork} {request.UserNamespace}");
        ImmutableArray<BindingStatus> none = [];
        return Task.FromResult(new ContainerStatus(request.Name, "namespaces", request.Name, 77, "running", null, none));
    }

    public Task StopAsync(string container, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"stop {container}");
        Known(container);
        return Task.CompletedTask;
    }

    public Task RunAsync(
        string container, Func<CancellationToken, Task<Stream>> accept, Action<IEnumerable<string>> told, CancellationToken cancellationToken) =>
        throw new ControlException(404, $"no container {container} runs");

    public async Task WriteMetricsAsync(Stream stream, CancellationToken cancellationToken) => await stream.WriteAsync("up 1\n"u8.ToArray(), cancellationToken);

    public ProgramsReply Programs() => new([]);

    public Task<ProgramStatus> StartProgramAsync(string container, ProgramRequest request, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"start {container} {string.Join(' ', request.Command)}");
        Known(container);
        return Task.FromResult(new ProgramStatus($"{container}/1", container, request.Command, 7, DateTimeOffset.UnixEpoch, "running", null));
    }

    public Task StopProgramAsync(string id, CancellationToken cancellationToken)
    {
        Calls.Enqueue($"stop {id}");
        Known(id.Split('/')[0]);
        return Task.CompletedTask;
    }

    public ImmutableArray<EventRecord> RecentEvents() => _feed.Recent();

    /// <summary>Who gets the events, whether read or not.</summary>
    internal int Subscriptions => _feed.Followers;

    public IAsyncEnumerable<EventRecord> FollowAsync(CancellationToken cancellationToken)
    {
        IAsyncEnumerable<EventRecord> records = _feed.FollowAsync(cancellationToken);
        return CountedAsync(records, cancellationToken);
    }

    private async IAsyncEnumerable<EventRecord> CountedAsync(
        IAsyncEnumerable<EventRecord> records,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _followers);
        FollowerCame.TrySetResult();
        try
        {
            await foreach (EventRecord record in records.WithCancellation(cancellationToken))
            {
                yield return record;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
            FollowerLeft.TrySetResult();
        }
    }

    private static void Known(string container)
    {
        if (container != "web")
        {
            throw ControlException.UnknownContainer(container);
        }
    }
}
