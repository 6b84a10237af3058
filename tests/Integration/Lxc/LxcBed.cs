using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Plugins;
using ContainerManager.Plugins.Lxc;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Lxc;

/// <summary>
/// An lxcpath of the test's own with containers made by hand, and a core as small as it can be for the plugin. Nobody else's containers
/// are touched; disposal leaves nothing.
/// </summary>
internal sealed class LxcBed : IEventSink, IAsyncDisposable
{
    private const int FirstMappedId = 100000;
    private readonly TemporaryDirectory _directory = new("lxc");
    private readonly EventLoop _loop;
    private readonly List<LxcDirectories> _sources = [];
    private readonly List<ContainerKey> _made = [];
    private readonly bool _cgroup2;

    /// <param name="cgroup2">LXC sees a machine with cgroup v2 only, and denies its containers devices.</param>
    internal LxcBed(bool cgroup2 = false)
    {
        _cgroup2 = cgroup2;
        _loop = new EventLoop(this, (source, fault) => Fault = $"{source}: {fault}");
        _loop.Start();
        Directory.CreateDirectory(Lxcpath);
        Directory.CreateDirectory(SearchPath);
        File.CreateSymbolicLink(Path.Combine(SearchPath, "rsync"), "/usr/bin/rsync");
    }

    /// <summary>Where containers are unless a test says otherwise.</summary>
    internal string Lxcpath => _directory["lxc"];

    /// <summary>What the loop caught.</summary>
    internal string? Fault { get; private set; }

    /// <summary>A path for the test's own use.</summary>
    internal string this[string relative] => _directory[relative];

    /// <summary>The plugin as in a server whose settings name these lxcpaths; without any, the bed's own.</summary>
    internal LxcRuntime NewRuntime(params string[] lxcpaths) => NewRuntime(LxcPrograms.OfHost, lxcpaths);

    internal LxcRuntime NewRuntime(LxcPrograms programs, params string[] lxcpaths)
    {
        LxcDirectories directories = new();
        _sources.Add(directories);
        _loop.Add(directories);
        return new LxcRuntime(HostOf(lxcpaths is [] ? [Lxcpath] : lxcpaths), directories, TimeProvider.System, programs);
    }

    internal PluginHost HostOf(params IEnumerable<string> lxcpaths) => new(
        System.Text.Json.JsonElement.Parse($$"""{ "paths": [{{string.Join(',', lxcpaths.Select(path => $"\"{path}\""))}}] }"""),
        _directory["state"], "/no/client", new ProcessExits(_loop), (_, _) => Task.CompletedTask);

    /// <summary>Makes a container that sleeps. Its host name is not its name, but made of it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="unprivileged">Root inside is not root outside.</param>
    /// <param name="lxcpath">Where; the bed's own unless given.</param>
    /// <param name="init">A shell script to be its first process, instead of sleep.</param>
    internal async Task MakeAsync(string name, bool unprivileged = false, string? lxcpath = null, string? init = null)
    {
        ContainerKey key = new(lxcpath ?? Lxcpath, name);
        string home = Path.Combine(key.Path, name);
        string root = Path.Combine(home, "rootfs");
        Directory.CreateDirectory(root);
        await UnpackAsync(root, unprivileged);
        await File.WriteAllTextAsync(Path.Combine(root, "init"), init ?? "exec sleep 1000000");
        await File.WriteAllLinesAsync(Path.Combine(home, "config"), Configuration(name, root, unprivileged));
        _made.Add(key);
    }

    /// <summary>Makes a container from a copy of a root, with a command of its own.</summary>
    internal async Task MakeFromAsync(string name, string from, bool unprivileged, string[] command)
    {
        string home = Path.Combine(Lxcpath, name);
        string root = Path.Combine(home, "rootfs");
        Directory.CreateDirectory(home);
        (await Command.RunAsync("cp", ["-a", from, root])).OutputOrThrow();
        await OwnAsync(root, unprivileged);
        string[] lines = [.. Configuration(name, root, unprivileged).Where(line => !line.StartsWith("lxc.init.cmd", StringComparison.Ordinal)), $"lxc.init.cmd = {string.Join(' ', command)}"];
        await File.WriteAllLinesAsync(Path.Combine(home, "config"), lines);
        _made.Add(new ContainerKey(Lxcpath, name));
    }

    internal async Task StartAsync(string name, string? lxcpath = null)
    {
        string log = _directory[$"log.{name}"];
        CommandResult started = await LxcAsync("lxc-start", name, lxcpath, "--logfile=" + log, "--logpriority=INFO");
        Assert.True(started.ExitCode == 0, $"{started.Error}\n{(File.Exists(log) ? await File.ReadAllTextAsync(log) : "")}");
    }

    internal Task<ContainerDescription> MakeAndStartAsync(string name, string? lxcpath = null) => MakeAndStartAsync(name, unprivileged: false, lxcpath);

    internal async Task<ContainerDescription> MakeAndStartAsync(string name, bool unprivileged, string? lxcpath = null)
    {
        await MakeAsync(name, unprivileged, lxcpath);
        await StartAsync(name, lxcpath);
        return new ContainerDescription
        {
            Id = new ContainerId("lxc", $"{lxcpath ?? Lxcpath}/{name}"),
            Name = name,
            HostName = HostNameOf(name),
            ProcessId = await ProcessIdAsync(name, lxcpath),
        };
    }

    internal async Task KillAsync(string name, string? lxcpath = null) => (await LxcAsync("lxc-stop", name, lxcpath, "--kill")).OutputOrThrow();

    internal async Task DoAsync(string program, string name, params string[] options) => (await LxcAsync(program, name, null, options)).OutputOrThrow();

    internal async Task<int> ProcessIdAsync(string name, string? lxcpath = null) =>
        int.Parse((await LxcAsync("lxc-info", name, lxcpath, "--no-humanize", "--pid")).OutputOrThrow(), CultureInfo.InvariantCulture);

    /// <summary>Runs a program in a container to its end.</summary>
    internal async Task<string> ExecAsync(string name, params string[] command) =>
        (await LxcAsync("lxc-attach", name, null, ["--clear-env", "--set-var=PATH=/bin", "--", .. command])).OutputOrThrow();

    /// <summary>The only process of a program that was started with this lxcpath. Nobody else has it: the test may kill it.</summary>
    internal static int ProcessOf(string program, string lxcpath) => Assert.Single(ProcessFacts.All, id => IsProcessOf(id, program, lxcpath));

    internal static bool IsProcessOf(int id, string program, string lxcpath) => ProcessFacts.Runs(id) &&
        ProcessFacts.Read(id, "cmdline").Split('\0') is [var name, .. var arguments] && Path.GetFileName(name) == program &&
        arguments.Any(argument => argument.EndsWith(lxcpath, StringComparison.Ordinal));

    /// <summary>Kills a process and completes when it has ended.</summary>
    internal async Task KillAsync(int processId)
    {
        using ContainerEntry entry = HostOf().OpenProcess(processId);
        HostOf().Signal(entry.Process, 9);
        await WhenExitedAsync(entry);
    }

    internal async Task WhenExitedAsync(ContainerEntry entry)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        await HostOf().WhenExitedAsync(entry.Process, deadline.Token);
    }

    public void Post(SourceEvent sourceEvent) => Fault = $"unexpected: {sourceEvent}";

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (ContainerKey key in _made.Where(key => Directory.Exists(key.Path)))
            {
                await LxcAsync("lxc-stop", key.Name, key.Path, "--kill");
            }

            _loop.Dispose();
            _sources.ForEach(source => source.Dispose());
        }
        finally
        {
            _directory.Dispose();
        }

        Assert.Null(Fault);
    }

    private static string HostNameOf(string name) => "host-" + name.Replace(' ', '-').Replace('\'', '-');

    /// <summary>
    /// Where LXC's programs look for others. Not for newuidmap: root's LXC then maps ids by itself, and what /etc/subuid of this machine
    /// says does not matter.
    /// </summary>
    private string SearchPath => _directory["path"];

    private Task<CommandResult> LxcAsync(string program, string name, string? lxcpath, params string[] options) => Command.RunAsync(
        "/usr/bin/env",
        [.. _cgroup2 ? (string[])["unshare", .. Cgroup2Only.Command, "env"] : [], "--", "PATH=" + SearchPath, "/usr/bin/" + program, "--lxcpath=" + (lxcpath ?? Lxcpath), "--name=" + name, .. options],
        TimeSpan.FromMinutes(5));

    private async Task UnpackAsync(string root, bool unprivileged)
    {
        if (!File.Exists(_directory["busybox.tar"]))
        {
            await BusyboxRoot.WriteTarAsync(_directory["busybox.tar"]);
        }

        (await Command.RunAsync("tar", ["--extract", "--directory", root, "--file", _directory["busybox.tar"]])).OutputOrThrow();
        await OwnAsync(root, unprivileged);
    }

    private static async Task OwnAsync(string root, bool unprivileged)
    {
        if (unprivileged)
        {
            (await Command.RunAsync("chown", ["--no-dereference", "--recursive", $"{FirstMappedId}:{FirstMappedId}", root])).OutputOrThrow();
        }
    }

    /// <summary>As LXC's own templates have it: what every program needs, nodes may be made, and all else is denied.</summary>
    private static readonly string[] DeniedDevices =
    [
        "lxc.cgroup2.devices.deny = a",
        "lxc.cgroup2.devices.allow = c *:* m", "lxc.cgroup2.devices.allow = b *:* m",
        "lxc.cgroup2.devices.allow = c 1:3 rwm", "lxc.cgroup2.devices.allow = c 1:5 rwm", "lxc.cgroup2.devices.allow = c 1:8 rwm",
        "lxc.cgroup2.devices.allow = c 1:9 rwm", "lxc.cgroup2.devices.allow = c 5:* rwm", "lxc.cgroup2.devices.allow = c 136:* rwm",
    ];

    private string[] Configuration(string name, string root, bool unprivileged) =>
    [
        $"lxc.uts.name = {HostNameOf(name)}",
        $"lxc.rootfs.path = dir:{root}",
        $"lxc.cgroup.dir = {_directory.Name}/{name}",
        "lxc.init.cmd = /bin/sh /init",
        "lxc.net.0.type = empty",
        "lxc.mount.auto = proc:mixed sys:mixed",
        "lxc.apparmor.profile = unconfined",
        "lxc.tty.max = 0",
        "lxc.pty.max = 16",
        "lxc.autodev = 1",
        .. _cgroup2 ? DeniedDevices : [],
        .. unprivileged ? [$"lxc.idmap = u 0 {FirstMappedId} 65536", $"lxc.idmap = g 0 {FirstMappedId} 65536"] : Array.Empty<string>(),
    ];
}
