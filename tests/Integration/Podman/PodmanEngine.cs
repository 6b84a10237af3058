using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>
/// A Podman of the test's own, root's or a user's: its images, containers, locks and cgroups are apart from everything else on the
/// machine. Containers have no network. Disposal leaves nothing of it.
/// </summary>
internal sealed class PodmanEngine : IAsyncDisposable
{
    private const string Image = "localhost/busybox:test";
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new("podman");
    private readonly bool _cgroup2;
    private BackgroundProcess? _service;

    private PodmanEngine(bool rootless, bool cgroup2)
    {
        _cgroup2 = cgroup2;
        File.WriteAllText(_directory["containers.conf"], Configuration);
        User = rootless ? TestUser.Create(_directory, "containers.conf") : null;
        SocketPath = User is null ? _directory["podman.sock"] : Path.Combine(User.RuntimeDirectory, "podman/podman.sock");
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
        User?.Own(Path.GetDirectoryName(SocketPath)!);
    }

    /// <summary>Whose engine it is; null: root's.</summary>
    internal TestUser? User { get; }

    /// <summary>Where its service listens while it runs. The same for all of its life.</summary>
    internal string SocketPath { get; }

    internal string Address => "unix://" + SocketPath;

    /// <summary>What the service wrote.</summary>
    internal string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>The global options that make it this engine.</summary>
    internal string[] Options =>
        User is null ? ["--root", _directory["root"], "--runroot", _directory["run"], "--tmpdir", _directory["tmp"]] : [];

    /// <summary>Where its configuration is.</summary>
    internal string ConfigurationPath => _directory["containers.conf"];

    private string LogPath => _directory["log"];

    /// <summary>Makes an engine; its service does not run yet.</summary>
    internal static async Task<PodmanEngine> CreateAsync(bool rootless = false, bool cgroup2 = false)
    {
        PodmanEngine engine = new(rootless, cgroup2);
        try
        {
            await BusyboxRoot.WriteTarAsync(engine._directory["busybox.tar"]);
            await engine.DoAsync(["import", engine._directory["busybox.tar"], Image]);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an engine and starts its service.</summary>
    /// <param name="rootless">A user's, not root's.</param>
    /// <param name="cgroup2">It sees a machine with cgroup v2 only.</param>
    internal static async Task<PodmanEngine> StartNewAsync(bool rootless = false, bool cgroup2 = false)
    {
        PodmanEngine engine = await CreateAsync(rootless, cgroup2);
        try
        {
            await engine.StartServiceAsync();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the service and returns when it answers.</summary>
    internal async Task StartServiceAsync()
    {
        string[] command = [.. _cgroup2 ? (string[])["unshare", .. Cgroup2Only.Command] : [], .. Podman, "system", "service", "--time=0", Address];
        File.Delete(SocketPath); // Left by one that was killed.
        _service = new BackgroundProcess(LogPath, command[0], command[1..]);
        using CancellationTokenSource deadline = new(ReadyWithin);
        Task exited = _service.WhenExitedAsync(deadline.Token);
        Task ready = FileArrival.WaitAsync(SocketPath, deadline.Token);
        await Task.WhenAny(ready, exited);
        if (!ready.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException($"podman system service does not start:\n{Log}");
        }
    }

    internal Task StopServiceAsync() => _service!.StopAsync();

    internal Task KillServiceAsync() => _service!.KillAsync();

    /// <summary>Starts a container in the background; without a command it sleeps. Returns its full id.</summary>
    internal Task<string> RunAsync(string name, string[]? options = null, params string[] command) =>
        DoAsync(["run", "--detach", "--name", name, .. ContainerOptions, .. options ?? [], Image, .. command is [] ? ["sleep", "1000000"] : command]);

    /// <summary>Starts a container whose image is made of a directory.</summary>
    internal async Task RunFromAsync(string name, string root, params string[] command)
    {
        using TemporaryDirectory directory = new("image");
        (await Command.RunAsync("tar", ["--create", "--directory", root, "--file", directory["image.tar"], "."])).OutputOrThrow();
        await DoAsync(["import", directory["image.tar"], $"localhost/{name}:test"]);
        await DoAsync(["run", "--detach", "--name", name, .. ContainerOptions, $"localhost/{name}:test", .. command]);
    }

    /// <summary>Makes a container without starting it. Returns its full id.</summary>
    internal Task<string> CreateContainerAsync(string name) => DoAsync(["create", "--name", name, .. ContainerOptions, Image, "sleep", "1000000"]);

    internal Task StartAsync(string name) => DoAsync(["start", name]);

    internal Task StopAsync(string name) => DoAsync(["stop", "--time", "0", name]);

    internal Task RestartAsync(string name) => DoAsync(["restart", "--time", "0", name]);

    internal Task RemoveAsync(string name) => DoAsync(["rm", "--force", "--time", "0", "--ignore", name]);

    internal Task RenameAsync(string name, string newName) => DoAsync(["rename", name, newName]);

    /// <summary>Removes all containers.</summary>
    internal Task RemoveAllAsync() => DoAsync(["rm", "--all", "--force", "--time", "0"]);

    /// <summary>The process id of a container, 0 when it does not run.</summary>
    internal async Task<int> ProcessIdAsync(string name) => int.Parse(await DoAsync(["inspect", "--format", "{{.State.Pid}}", name]));

    /// <summary>Runs a command in a container to its end.</summary>
    internal Task<CommandResult> ExecAsync(string name, params string[] command) => PodmanAsync(["exec", name, .. command], TimeSpan.FromMinutes(5));

    /// <summary>Any command of the <c>podman</c> program.</summary>
    internal Task<CommandResult> PodmanAsync(string[] arguments, TimeSpan? within = null) =>
        Command.RunAsync(Podman[0], [.. Podman[1..], .. arguments], within);

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(RemoveAllAsync), CleanUp.Of(_service), CleanUp.Of(_directory));

    /// <summary>
    /// runc and cgroupfs work on every machine; limits that even a container host of our own may set; locks in files, since those in
    /// shared memory belong to all of root's engines.
    /// </summary>
    private const string Configuration = """
        [containers]
        default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
        [engine]
        runtime = "runc"
        cgroup_manager = "cgroupfs"
        events_logger = "file"
        lock_type = "file"
        """;

    /// <summary>Where the service has a machine of its own to look at, the same for every command.</summary>
    private string[] Podman => User is null
        ? [.. _cgroup2 && _service is { HasExited: false } ? (string[])["nsenter", "--mount", $"--target={_service.Id}", "--"] : [], "env", "CONTAINERS_CONF=" + ConfigurationPath, "podman", .. Options]
        : [.. User.Command, "podman"];

    private string[] ContainerOptions => User is null
        ? ["--network", "none", "--cgroup-parent", "/" + _directory.Name, .. _cgroup2 ? (string[])["--pids-limit", "0"] : []]
        : ["--network", "none"];

    private async Task<string> DoAsync(string[] arguments) => (await PodmanAsync(arguments)).OutputOrThrow();
}
