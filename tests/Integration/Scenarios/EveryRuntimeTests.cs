using System.Net.Sockets;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Podman;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>One server, one configuration, a container of every runtime at once: the same socket appears in all, is replaced in all, goes from all.</summary>
public sealed class EveryRuntimeTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _host = new("every");
    private readonly string _prefix = $"cm-{Guid.NewGuid():N}"[..12];
    private readonly List<(string Runtime, IScenarioRuntime Its)> _runtimes = [];
    private readonly List<(string Runtime, IScenarioRuntime Its)> _started = [];
    private readonly List<IAsyncDisposable> _engines = [];
    private ServerUnderTest? _server;

    private string Socket => _host["wayland-0"];

    private ServerUnderTest Server => _server!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
    [
        .. _started.Select(one => CleanUp.Of(() => one.Its.RemoveAsync(Server, NameOf(one.Runtime)))),
        CleanUp.Of(_server),
        .. _runtimes.Select(one => CleanUp.Of(one.Its as IAsyncDisposable)),
        .. _engines.Select(CleanUp.Of),
        CleanUp.Of(_host),
    ]);

    [Fact]
    public async Task TheSameSocketIsInAll()
    {
        DockerEngine docker = await DockerEngine.StartNewAsync();
        _engines.Add(docker);
        PodmanEngine podman = await PodmanEngine.StartNewAsync();
        _engines.Add(podman);
        await StartAsync(
            owner: null,
            ("docker", new DockerScenarioRuntime(docker)),
            ("podman", new PodmanScenarioRuntime(podman)),
            ("lxc", new LxcScenarioRuntime(unprivileged: false)),
            ("nspawn", new NspawnScenarioRuntime()),
            ("namespaces", new NamespacesScenarioRuntime()));
        await AppearsIsReplacedAndGoesAsync();

        // Two engines are killed: their containers and everybody else's go on.
        await docker.KillEngineAsync();
        await podman.KillServiceAsync();
        try
        {
            await Server.UntilAsync(reply => StateOf(reply, "docker") != "listening" && StateOf(reply, "podman") != "listening");
            await AppearsIsReplacedAndGoesAsync(withoutEngine: ["docker"]);
        }
        finally
        {
            await docker.StartEngineAsync();
            await podman.StartServiceAsync();
        }

        await Server.UntilAsync(reply => StateOf(reply, "docker") == "listening" && StateOf(reply, "podman") == "listening");
    }

    [Fact]
    public async Task TheSameSocketIsInAllWhoseRootIsNotRootOutside()
    {
        PodmanEngine podman = await PodmanEngine.StartNewAsync(rootless: true);
        _engines.Add(podman);
        await StartAsync(
            owner: "0:0",
            ("podman", new RootlessPodmanScenarioRuntime(podman)),
            ("lxc", new LxcScenarioRuntime(unprivileged: true)),
            ("nspawn", new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown")),
            ("namespaces", new NamespacesScenarioRuntime(userNamespace: true)));
        await AppearsIsReplacedAndGoesAsync();
    }

    private async Task StartAsync(string? owner, params (string Runtime, IScenarioRuntime Its)[] runtimes)
    {
        _runtimes.AddRange(runtimes);
        string how = $$"""{ "target": "/run/wayland-0" {{(owner is null ? "" : $", \"owner\": \"{owner}\"")}} }""";
        string plugins = string.Join(", ", runtimes.Select(runtime => $"\"{runtime.Its.Plugin}\": {runtime.Its.Settings}"));
        _server = new ServerUnderTest(
            runtimes.Select(runtime => runtime.Its.Plugin),
            $$"""{ "containerConfigs": { "{{_prefix}}-*": { "_inotify_watch": { "{{Socket}}": {{how}} } } }, "settings": { "plugins": { {{plugins}} } } }""");
        await _server.StartAsync();
        foreach ((string runtime, IScenarioRuntime its) in runtimes)
        {
            _started.Add((runtime, its));
            await its.StartAsync(_server, NameOf(runtime));
        }

        StatusReply all = await _server.UntilAsync(reply => runtimes.All(runtime => Container(reply, runtime.Runtime) is not null));
        Assert.Equal(
            runtimes.Select(runtime => runtime.Runtime).Order(StringComparer.Ordinal),
            runtimes.Select(runtime => Container(all, runtime.Runtime)!.Runtime!).Order(StringComparer.Ordinal));
    }

    /// <param name="withoutEngine">Those whose engine cannot run anything inside at the moment.</param>
    private async Task AppearsIsReplacedAndGoesAsync(params string[] withoutEngine)
    {
        for (int round = 0; round < 2; round++)
        {
            // The second is put in the place of the first by a rename, as those do who want no gap.
            string path = round == 0 ? Socket : Socket + ".new";
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
            if (round > 0)
            {
                File.Move(path, Socket, overwrite: true);
            }

            await ReachesAllAsync(listener, withoutEngine);
        }

        File.Delete(Socket);
        foreach ((string runtime, IScenarioRuntime its) in _runtimes)
        {
            await Server.UntilGoneAsync(NameOf(runtime), "/run/wayland-0");
            if (!withoutEngine.Contains(runtime))
            {
                Assert.Equal("gone", (await its.ExecAsync(Server, NameOf(runtime), "sh", "-c", "test -e /run/wayland-0 || echo gone")).Trim());
            }
        }
    }

    /// <summary>In each container the socket belongs to root, for root alone; and whoever connects there reaches the listener.</summary>
    private async Task ReachesAllAsync(Socket listener, string[] withoutEngine)
    {
        FileIdentity identity = FileStatus.OfPath(Socket)!.Value.Identity;
        foreach ((string runtime, IScenarioRuntime its) in _runtimes)
        {
            StatusReply status = await Server.UntilAsync(reply => Container(reply, runtime) is { ProcessId: { } process } &&
                ServerUnderTest.Find(reply, NameOf(runtime), "/run/wayland-0") is { State: "attached" } && FileStatus.OfPath(Inside(process))?.Identity == identity);
            if (!withoutEngine.Contains(runtime))
            {
                Assert.Equal("0:0 600 socket", (await its.ExecAsync(Server, NameOf(runtime), "stat", "-c", "%u:%g %a %F", "/run/wayland-0")).Trim());
            }

            using Socket caller = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await caller.ConnectAsync(new UnixDomainSocketEndPoint(Inside(Container(status, runtime)!.ProcessId!.Value)), TestContext.Current.CancellationToken);
            (await listener.AcceptAsync(TestContext.Current.CancellationToken)).Dispose();
        }

        static string Inside(int process) => $"/proc/{process}/root/run/wayland-0";
    }

    private string NameOf(string runtime) => $"{_prefix}-{runtime}";

    private ContainerStatus? Container(StatusReply reply, string runtime) =>
        reply.Containers.FirstOrDefault(container => container.Name == NameOf(runtime) && container.State == "running");

    private static string? StateOf(StatusReply reply, string runtime) => reply.Runtimes.FirstOrDefault(one => one.Name == runtime)?.State;
}
