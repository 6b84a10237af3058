using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Docker;

/// <summary>
/// A Docker engine of the test's own: its data, sockets, network and cgroups are apart from everything else on the machine. Containers
/// have no network. Disposal leaves nothing of it.
/// </summary>
internal sealed class DockerEngine : IAsyncDisposable
{
    private const string Image = "busybox:test";
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new("docker");
    private readonly bool _liveRestore;
    private readonly bool _cgroup2;
    private BackgroundProcess? _daemon;

    private DockerEngine(bool liveRestore, bool cgroup2 = false) => (_liveRestore, _cgroup2) = (liveRestore, cgroup2);

    /// <summary>Path of its socket. The same for all of its life.</summary>
    internal string SocketPath => _directory["docker.sock"];

    /// <summary>Its address, as DOCKER_HOST has it.</summary>
    internal string Address => "unix://" + SocketPath;

    /// <summary>What dockerd and containerd wrote.</summary>
    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    private string LogPath => _directory["log"];

    /// <summary>Makes an engine that does not run yet; <see cref="StartEngineAsync"/> it.</summary>
    /// <param name="liveRestore">Containers go on while the engine is stopped.</param>
    internal static DockerEngine Create(bool liveRestore = false) => new(liveRestore);

    /// <summary>Makes and starts an engine.</summary>
    /// <param name="liveRestore">As for <see cref="Create"/>.</param>
    /// <param name="cgroup2">It sees a machine with cgroup v2 only.</param>
    internal static async Task<DockerEngine> StartNewAsync(bool liveRestore = false, bool cgroup2 = false)
    {
        DockerEngine engine = new(liveRestore, cgroup2);
        try
        {
            await engine.StartEngineAsync();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a container in the background; without a command it sleeps. Stopping it takes no time.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">More options of <c>docker run</c>.</param>
    /// <param name="command">What to run, a busybox applet for instance.</param>
    /// <returns>Its full id.</returns>
    internal async Task<string> RunAsync(string name, string[]? options = null, params string[] command) =>
        await DoAsync(["run", "--detach", "--name", name, .. ContainerOptions, .. options ?? [], Image, .. command is [] ? ["sleep", "1000000"] : command]);

    /// <summary>Makes a container without starting it. Returns its full id.</summary>
    internal Task<string> CreateContainerAsync(string name, params string[] command) =>
        DoAsync(["create", "--name", name, .. ContainerOptions, Image, .. command is [] ? ["sleep", "1000000"] : command]);

    /// <summary>Runs a command in a container to its end.</summary>
    internal Task<CommandResult> ExecAsync(string name, params string[] command) => DockerAsync(["exec", name, .. command]);

    internal Task StartAsync(string name) => DoAsync(["start", name]);

    internal Task StopAsync(string name) => DoAsync(["stop", name]);

    internal Task RestartAsync(string name) => DoAsync(["restart", name]);

    internal Task KillAsync(string name) => DoAsync(["kill", name]);

    internal Task RemoveAsync(string name) => DoAsync(["rm", "--force", name]);

    internal Task RenameAsync(string name, string newName) => DoAsync(["rename", name, newName]);

    /// <summary>The process id of a container, 0 when it does not run.</summary>
    internal async Task<int> ProcessIdAsync(string name) => int.Parse(await DoAsync(["inspect", "--format", "{{.State.Pid}}", name]));

    /// <summary>Any command of the <c>docker</c> program.</summary>
    internal Task<CommandResult> DockerAsync(params string[] arguments) =>
        Command.RunAsync(File.Exists("/usr/bin/docker") ? "/usr/bin/docker" : "docker", ["--host", Address, .. arguments]);

    /// <summary>Starts dockerd and returns when it answers.</summary>
    internal async Task StartEngineAsync()
    {
        await File.WriteAllTextAsync(_directory["daemon.json"], "{}");
        File.Delete(_directory["pid"]); // Left by one that was killed, as is the socket.
        File.Delete(SocketPath);
        _daemon = new BackgroundProcess(LogPath, "unshare", ["--net", .. _cgroup2 ? Cgroup2Only.Command : [], .. _cgroup2 ? [] : (string[])["--"], "dockerd", .. DaemonOptions]);
        try
        {
            await ReadyAsync(_daemon);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"dockerd does not start: {exception.Message}\n{Log}", exception);
        }

        if ((await DockerAsync("image", "inspect", Image)).ExitCode != 0)
        {
            await BusyboxRoot.WriteTarAsync(_directory["busybox.tar"]);
            await DoAsync(["import", _directory["busybox.tar"], Image]);
        }
    }

    /// <summary>Ends dockerd as an administrator does; containers end with it unless they are to live on.</summary>
    internal async Task StopEngineAsync() => await _daemon!.StopAsync();

    /// <summary>Ends dockerd without warning; its containers go on.</summary>
    internal async Task KillEngineAsync()
    {
        await _daemon!.KillAsync();

        // Its containerd dies with it, but may wait to be reaped for seconds. The next dockerd would take it for alive.
        File.Delete(_directory["exec/containerd/containerd.pid"]);
    }

    internal async Task RestartEngineAsync()
    {
        await StopEngineAsync();
        await StartEngineAsync();
    }

    /// <summary>Removes all containers.</summary>
    internal async Task RemoveAllAsync()
    {
        string all = await DoAsync(["ps", "--all", "--quiet"]);
        if (all.Length > 0)
        {
            await DoAsync(["rm", "--force", .. all.Split('\n')]);
        }
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _daemon is { HasExited: false } ? RemoveAllAsync() : Task.CompletedTask), CleanUp.Of(_daemon), CleanUp.Of(_directory));

    // Without a stop signal of its own, the first process of a container does not hear SIGTERM, and dockerd waits ten seconds for it.
    private static string[] ContainerOptions => ["--network", "none", "--stop-signal", "SIGKILL"];

    private string[] DaemonOptions =>
    [
        "--config-file", _directory["daemon.json"],
        "--data-root", _directory["data"], "--exec-root", _directory["exec"], "--pidfile", _directory["pid"], "--host", Address,
        "--log-level=warn", "--bridge=none", "--iptables=false", "--ip6tables=false", "--cgroup-parent=/" + _directory.Name,
        "--containerd-namespace", _directory.Name, "--containerd-plugins-namespace", _directory.Name + ".plugins",
        .. _liveRestore ? ["--live-restore"] : Array.Empty<string>(),
    ];

    private async Task<string> DoAsync(string[] arguments) => (await DockerAsync(arguments)).OutputOrThrow();

    /// <summary>The socket is there first; a request to it then waits until the engine serves.</summary>
    private async Task ReadyAsync(BackgroundProcess daemon)
    {
        using CancellationTokenSource deadline = new(ReadyWithin);
        Task exited = daemon.WhenExitedAsync(deadline.Token);
        Task ready = AnswersAsync();
        await await Task.WhenAny(ready, exited);
        if (!ready.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("it ended");
        }

        await deadline.CancelAsync();

        async Task AnswersAsync()
        {
            await FileArrival.WaitAsync(SocketPath, deadline.Token);
            while ((await DockerAsync("version")).ExitCode != 0)
            {
                deadline.Token.ThrowIfCancellationRequested();
            }
        }
    }
}
