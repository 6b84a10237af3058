using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Clients;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Control;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Plugins;
using ContainerManager.Host.State;
using ContainerManager.Host.Telemetry;
using ContainerManager.Host.Udev;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>What the control socket can ask of the engine: reads snapshots, posts events, waits for what comes of them.</summary>
internal sealed class EngineControl(
    Engine engine,
    Journal journal,
    EventFeed feed,
    PluginConnections connections,
    PluginDirectory plugins,
    ContainerClients clients,
    DetachedPrograms programs,
    LiveConfiguration live,
    ServerMetrics metrics,
    string configurationFile) : IControlledEngine
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ListedWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public StatusReply Snapshot() => new(
        Server.Version,
        configurationFile,
        [.. connections.Runtimes.Select(runtime => new RuntimeStatus(
            runtime.Discovery.Runtime, runtime.Discovery.Status.State.ToString().ToLowerInvariant(), runtime.Discovery.Status.Reason))],
        [.. engine.Read(StatusReport.Of).Select(WithClient)],
        [.. plugins.Reports.Where(report => report.Error is not null).Select(StatusOf)],
        live.Errors is { IsEmpty: false } errors ? [.. errors.Select(error => error.ToString())] : null);

    /// <inheritdoc/>
    public PluginsReply Plugins() => new([.. plugins.Reports.Select(StatusOf)], plugins.LoadContexts);

    /// <inheritdoc/>
    public async Task<DevicesReply> DevicesAsync(string? container, CancellationToken cancellationToken)
    {
        if (container is not null)
        {
            await KnownAsync(container, cancellationToken);
        }

        return Devices(container);
    }

    private DevicesReply Devices(string? container)
    {
        ContainerKey key = container is null ? new ContainerKey("*") : KnownKey(container);
        return new DevicesReply(engine.Read(state => DeviceReport.Of(state, key)));
    }

    /// <inheritdoc/>
    public async Task<WhyReply> WhyAsync(string device, string container, CancellationToken cancellationToken)
    {
        await KnownAsync(container, cancellationToken);
        ContainerKey key = KnownKey(container);
        Device found = DeviceLookup.Find(device) ?? throw new ControlException(
            404, $"there is no device {device}", "name its node, such as /dev/ttyUSB0, or its path in /sys; one that is not plugged in cannot be asked about");
        return engine.Read(state => state.Containers.FirstOrDefault(running => key.Matches(running.Description)) is { } running
            ? DeviceReport.Why(state, running, found)
            : throw new ControlException(404, $"no container {container} runs", "see status"));
    }

    /// <inheritdoc/>
    public async Task<PluginStatus> ReloadPluginAsync(string name, CancellationToken cancellationToken) =>
        await plugins.ReloadAsync(name, cancellationToken) is { } report
            ? StatusOf(report)
            : throw new ControlException(404, $"there is no plugin {name}", "'container-util plugins' lists them");

    /// <inheritdoc/>
    public async Task<BindingStatus> BindAsync(string container, BindRequest request, CancellationToken cancellationToken)
    {
        await KnownAsync(container, cancellationToken);
        ContainerKey key = KnownKey(container);
        SourceEvent.BindRequested wanted = new(
            container, request.Source, request.Target ?? request.Source, new MountOptions { ReadOnly = request.ReadOnly });
        HostEvent.BindRequested bind = Requests.Bind(wanted);
        RefuseConfigured(key, wanted.Target);
        journal.Requested(Requests.Record(key, bind.Rule));
        engine.Post(bind);
        return await SettledAsync(state => StatusOf(state, key, bind.Rule, wanted.Target), cancellationToken)
            ?? new BindingStatus(request.Source, wanted.Target, "pending", "it takes long; see status", request.ReadOnly, Requests.Origin, null);
    }

    /// <inheritdoc/>
    public async Task UnbindAsync(string container, string path, CancellationToken cancellationToken)
    {
        await KnownAsync(container, cancellationToken);
        ContainerKey key = KnownKey(container);
        (ContainerKey Key, PathRule Rule)[] requests = [.. engine.Read(state => state.Requests).Where(request =>
            request.Key == key && (TargetOf(request.Rule) == path || request.Rule.Source.Text == path))];
        if (requests.Length == 0)
        {
            // Taken back before, and could not be taken away then.
            PathRule left = engine.Read(state => state.Containers.Where(container => key.Matches(container.Description))
                .Any(container => container.TryGet(path, out BindingState? binding) && binding is { Chosen: null, Actual: not null }))
                ? Requests.Bind(new SourceEvent.BindRequested(container, path, path, MountOptions.Default)).Rule
                : throw NoSuchRequest(key, path);
            requests = [(key, left)];
        }

        foreach ((_, PathRule rule) in requests)
        {
            // Written before the act: a server that is killed in between leaves the next one to finish it, and not to mount it again.
            journal.Unrequested(Requests.Record(key, rule));
            engine.Post(new HostEvent.UnbindRequested(key, rule));
            string? outcome = await SettledAsync(state => UnbindOutcome(state, key, TargetOf(rule)), cancellationToken);
            if (outcome is not "")
            {
                throw new ControlException(outcome is null ? 504 : 422, $"{TargetOf(rule)} is still mounted: {outcome ?? "it takes long"}", "see status");
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ContainerStatus> SpawnAsync(SpawnRequest request, CancellationToken cancellationToken)
    {
        try
        {
            ContainerDescription started = await (await LauncherAsync(cancellationToken)).LaunchAsync(
                new LaunchRequest
                {
                    Name = request.Name,
                    Command = request.Command,
                    Root = request.Root,
                    HostNetwork = request.HostNetwork,
                    UserNamespace = request.UserNamespace,
                },
                cancellationToken);
            return await SettledAsync(state => Ready(state, started), cancellationToken)
                ?? new ContainerStatus(started.Name, started.Id.Runtime, started.Id.Value, started.ProcessId, "running", null, []);
        }
        catch (InvalidOperationException refused)
        {
            throw new ControlException(409, refused.Message, null);
        }
        catch (IOException failed)
        {
            throw new ControlException(422, failed.Message, null);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            await (await LauncherAsync(cancellationToken)).StopAsync(container, StopGrace, cancellationToken);
        }
        catch (KeyNotFoundException)
        {
            throw new ControlException(404, $"no container {container} that this server started", "only containers made by spawn can be stopped; see status");
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(
        string container, Func<CancellationToken, Task<Stream>> accept, Action<IEnumerable<string>> told, CancellationToken cancellationToken)
    {
        await KnownAsync(container, cancellationToken);
        OpenedRun run = await clients.OpenRunAsync(new ContainerKey(container), cancellationToken);
        try
        {
            await using FrameStream asker = new(await accept(cancellationToken));
            if (await asker.ReadAsync(cancellationToken) is { Kind: FrameKind.Run } first)
            {
                RunRequest request = MessageFormat.Read<RunRequest>(first.Body);
                told(request.Command);
                await RunRelay.PassAsync(asker, run.Complete(request), run.Channel, cancellationToken);
            }
        }
        finally
        {
            await run.Channel.CloseAsync();
        }
    }

    /// <inheritdoc/>
    public Task WriteMetricsAsync(Stream stream, CancellationToken cancellationToken) => metrics.WriteAsync(stream, Snapshot(), Devices(null), cancellationToken);

    /// <inheritdoc/>
    public ProgramsReply Programs() => new(programs.All);

    /// <inheritdoc/>
    public async Task<ProgramStatus> StartProgramAsync(string container, ProgramRequest request, CancellationToken cancellationToken)
    {
        await KnownAsync(container, cancellationToken);
        return await programs.StartAsync(container, request, cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopProgramAsync(string id, CancellationToken cancellationToken) => programs.StopAsync(id, cancellationToken);

    /// <inheritdoc/>
    public ImmutableArray<EventRecord> RecentEvents() => feed.Recent();

    /// <inheritdoc/>
    public IAsyncEnumerable<EventRecord> FollowAsync(CancellationToken cancellationToken) => feed.FollowAsync(cancellationToken);

    /// <summary>The socket is there before the containers are known: who asks early for one waits until each runtime that answers has named its own.</summary>
    private async Task KnownAsync(string container, CancellationToken cancellationToken)
    {
        await plugins.Started.WaitAsync(cancellationToken);
        ContainerKey key = new(container);
        if (engine.Read(state => state.Containers.Any(running => key.Matches(running.Description))))
        {
            return;
        }

        try
        {
            await Task.WhenAll(connections.Runtimes.Where(runtime => runtime.Discovery.Status.State is DiscoveryState.Connecting or DiscoveryState.Listening)
                .Select(runtime => runtime.Discovery.WhenListedAsync(cancellationToken))).WaitAsync(ListedWithin, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It hangs, and the container is perhaps another's.
        }
    }

    private ContainerStatus WithClient(ContainerStatus container) => container is { Runtime: { } runtime, Id: { } id }
        ? container with { Client = clients.StatusOf(new ContainerId(runtime, id)) }
        : container;

    private PluginStatus StatusOf(PluginReport report) => new(
        report.Name,
        report.Version,
        report.State.ToString().ToLowerInvariant(),
        [.. report.Offers],
        connections.Runtimes.Where(runtime => runtime.Plugin == report.Name).Sum(runtime => runtime.Discovery.Count),
        report.Error);

    /// <summary>The socket is there before the plugins are: who asks early waits for them.</summary>
    private async Task<IContainerLauncher> LauncherAsync(CancellationToken cancellationToken)
    {
        await plugins.Started.WaitAsync(cancellationToken);
        return connections.Launcher
            ?? throw new ControlException(501, "no plugin can start containers", "install the Namespaces plugin in the plugin directory");
    }

    private static string TargetOf(PathRule rule) => ((TargetMapping.To)rule.Mapping).Target;

    /// <summary>A name that a running container or the configuration has.</summary>
    private ContainerKey KnownKey(string container) => engine.Read(state =>
    {
        ContainerKey key = new(container);
        bool known = state.Containers.Any(running => key.Matches(running.Description)) || state.Configured.Any(rules => rules.Key == key) ||
            state.Requests.Any(request => request.Key == key);
        string names = string.Join(", ", state.Containers.Select(running => running.Description.Name)
            .Concat(state.Configured.Select(rules => rules.Key.Text)).Distinct().Order(StringComparer.Ordinal).Take(20));
        return known ? key : throw new ControlException(
            404, $"no container {container} runs, and the configuration names none", names.Length == 0 ? "none runs at all" : $"there are: {names}");
    });

    /// <summary>What the configuration binds at a target is changed there; two masters would contradict each other after a restart.</summary>
    private void RefuseConfigured(ContainerKey key, string target) => engine.Read(state =>
    {
        BindingState? taken = state.Containers.Where(container => key.Matches(container.Description))
            .Select(container => container.TryGet(target, out BindingState? binding) && binding.Chosen is { } chosen &&
                chosen.Origin != Requests.Origin ? binding : null)
            .FirstOrDefault(binding => binding is not null);
        return taken is null ? 0 : throw new ControlException(
            409, $"{target} in {key.Text} is bound to {taken.Chosen!.Source} by the configuration", "change it there, or name another target with --to");
    });

    private ControlException NoSuchRequest(ContainerKey key, string path) => engine.Read(state =>
    {
        bool configured = state.Containers.Where(container => key.Matches(container.Description)).SelectMany(container => container.Bindings)
            .Any(binding => binding.Target == path || binding.Chosen?.Source == path);
        return configured
            ? new ControlException(409, $"{path} in {key.Text} comes from the configuration", "remove it there")
            : new ControlException(404, $"{path} is not bound in {key.Text}", "status shows what is");
    });

    /// <summary>Waits for what comes of a request; null when it takes too long.</summary>
    private async Task<T?> SettledAsync<T>(Func<HostState, T?> look, CancellationToken cancellationToken)
        where T : class
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SettleLimit);
        try
        {
            return await engine.WhenAsync(look, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The status of a requested binding, once nothing is under way any more.</summary>
    private static BindingStatus? StatusOf(HostState state, ContainerKey key, PathRule rule, string target)
    {
        if (state.Source(rule.Source) is not { Scanned: true } source)
        {
            return null;
        }

        if (source.Paths.Count == 0)
        {
            return StatusReport.WaitingForSource(state, rule);
        }

        BindingStatus[] bound = [.. state.Containers.Where(container => key.Matches(container.Description))
            .Select(container => container.TryGet(target, out BindingState? binding) ? StatusReport.Of(container, binding) : null)
            .OfType<BindingStatus>()];
        return bound.Length == 0 ? StatusReport.Waiting(rule, "for the container to start")
            : Array.Exists(bound, status => status.State == "pending") ? null
            : Array.Find(bound, status => status.State == "failed") ?? bound[0];
    }

    /// <summary>Empty when nothing of it is left, a reason when it could not be taken away, null while it is under way.</summary>
    private static string? UnbindOutcome(HostState state, ContainerKey key, string target)
    {
        foreach (ContainerState container in state.Containers.Where(container => key.Matches(container.Description)))
        {
            if (container.TryGet(target, out BindingState? binding) && (binding.InFlight is not null || (binding.Chosen is null && binding.Actual is not null)))
            {
                return binding is { InFlight: null, Failure: { } failure } ? failure.Reason : null;
            }
        }

        return "";
    }

    private static ContainerStatus? Ready(HostState state, ContainerDescription started) =>
        state.Find(started.Id) is { } container && (container.Unreachable is not null || (container.Ready && container.Bindings.All(binding => binding.InFlight is null)))
            ? StatusReport.Of(state, container)
            : null;
}
