using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Podman;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>
/// Plug it in, it is in the container, and programs there notice: for every runtime, with a real udevd, a real device of the kernel, and
/// udevadm(8) of the host as the program inside, which knows nothing of us.
/// </summary>
public abstract class DeviceTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly VirtualConsole _console = new(50);
    private readonly IScenarioRuntime _runtime;
    private readonly bool _denies;
    private readonly bool _cgroup2;
    private readonly Dictionary<string, UdevMonitor> _monitors = [];
    private UdevBed? _udev;
    private ServerUnderTest? _server;
    private int _processId;

    /// <param name="runtime">Whose containers.</param>
    /// <param name="denies">Its device cgroup denies what nobody has asked for.</param>
    /// <param name="cgroup2">The server, too, sees cgroup v2 only.</param>
    private protected DeviceTests(IScenarioRuntime runtime, bool denies, bool cgroup2 = false) => (_runtime, _denies, _cgroup2) = (runtime, denies, cgroup2);

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _udev = await UdevBed.StartAsync();
        await _runtime.PrepareAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_server is not null)
            {
                await _runtime.RemoveAsync(_server, _name);
                await _server.DisposeAsync();
            }
        }
        finally
        {
            await Task.WhenAll(_monitors.Values.Select(monitor => monitor.Ended)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _console.DisposeAsync();
            await using (_runtime as IAsyncDisposable)
            {
                if (_udev is not null)
                {
                    await _udev.DisposeAsync();
                }
            }
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task APluggedDeviceIsThereWithAllThatBelongsToItAndGoes()
    {
        await StartAsync($$"""[{ "devnode": "{{_console.Node}}", "owner": "0:0", "mode": "0604" }]""");
        await MonitorAsync("all", "--udev --property");
        await MonitorAsync("kernel", "--kernel");
        await MonitorAsync("subsystem", "--udev --subsystem-match=vc");
        await MonitorAsync("other", "--udev --subsystem-match=block");
        await MonitorAsync("tag", "--udev --tag-match=cm_test");
        await MonitorAsync("both", "--udev --subsystem-match=vc --tag-match=cm_test");
        await MonitorAsync("otherboth", "--udev --subsystem-match=block --tag-match=cm_test");
        await MonitorAsync("othertag", "--udev --tag-match=seat");
        await AssertDeniedAsync();
        string[] policy = DevicePolicy.Of(_processId, _cgroup2);

        _console.Plug();
        await HeardAsync("all", "add", times: 1);
        await UntilAsync("all", text => text.EndsWith("\n\n", StringComparison.Ordinal) && text.Contains("MINOR=50", StringComparison.Ordinal));
        string heard = Log("all");
        Assert.True(heard.Contains("ID_CM_TEST=vc\n", StringComparison.Ordinal), heard);
        Assert.True(heard.Contains($"DEVLINKS=/dev/cm-test/by-id/{_console.Name}\n", StringComparison.Ordinal), heard);
        await HeardAsync("subsystem", "add", times: 1);
        await HeardAsync("tag", "add", times: 1);
        await HeardAsync("both", "add", times: 1);
        await HeardAsync("kernel", "add", times: 1);
        Assert.Equal("open 0:0 604", await ExecAsync($"exec 3<>{_console.Node}; echo open $(stat -c '%u:%g %a' {_console.Node})"));
        Assert.Equal(_console.Node, await ExecAsync($"readlink -f /dev/cm-test/by-id/{_console.Name}"));
        string info = await ExecAsync($"{UdevMonitor.Udevadm} info --query=all --name={_console.Node}");
        Assert.Contains("E: ID_CM_TEST=vc", info, StringComparison.Ordinal);
        Assert.Contains("S: cm-test/by-id/" + _console.Name, info, StringComparison.Ordinal);
        Assert.Equal("/sys" + _console.DevPath, await ExecAsync($"{UdevMonitor.Udevadm} trigger --dry-run --verbose --tag-match=cm_test"));
        Assert.Equal("/sys" + _console.DevPath, await ExecAsync($"{UdevMonitor.Udevadm} trigger --dry-run --verbose --subsystem-match=vc --tag-match=cm_test"));
        Assert.Equal("absent", await ExecAsync($"test -e {_console.Sibling} || echo absent"));
        Ran shown = await ContainerUtil.RunAsync(Server.Socket, "devices", _name);
        Assert.Contains($"  given  {_console.Node}  (devnode={_console.Node})\n    node attached, permission {(_denies ? "granted" : "needless")}, database written, events sent\n", shown.Output, StringComparison.Ordinal);
        Ran why = await ContainerUtil.RunAsync(Server.Socket, "why", _console.Sibling, _name);
        Assert.Contains($"  devnode={_console.Node}: does not match: devnode is {_console.Sibling}, not {_console.Node}\n", why.Output, StringComparison.Ordinal);

        await _console.UnplugAsync();
        await HeardAsync("all", "remove", times: 1);
        await HeardAsync("tag", "remove", times: 1);
        await Server.UntilGoneAsync(_name, _console.Node);
        Assert.Equal("gone", await ExecAsync($"test -e {_console.Node} || test -L /dev/cm-test/by-id/{_console.Name} || test -e /dev/cm-test || echo gone"));
        Assert.Equal("", await ExecAsync("ls /run/udev/data; ls /run/udev/tags/cm_test"));
        await AssertDeniedAsync();
        Assert.Equal(policy, DevicePolicy.Of(_processId, _cgroup2));
        Assert.Equal(1, Times("all", "add"));
        Assert.Equal(1, Times("kernel", "add"));
        Assert.DoesNotContain("vcsa50", Log("all"), StringComparison.Ordinal);
        Assert.Equal((0, 0, 0), (Times("other", "add"), Times("othertag", "add"), Times("otherboth", "add")));
        Server.AssertEveryThreadAtHome();
    }

    [Fact]
    public async Task WhatIsThereAlreadyIsGivenAndOutlivesARestartOfTheServer()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync($$"""[{ "subsystem": "vc", "properties": { "ID_CM_TEST": "*" }, "devnode": "{{_console.Node}}" }]""");
        ulong? mount = (await Server.UntilBindingAsync(_name, _console.Node, "attached")).MountId;
        await Server.UntilAsync(reply => File.Exists(Inside("/run/udev/data/c" + _console.Number)));
        Assert.Equal("open", await ExecAsync($"exec 3<>{_console.Node}; echo open"));
        await MonitorAsync("all", "--udev");

        await Server.KillAsync();
        await Server.StartAsync();
        Assert.Equal(mount, (await Server.UntilBindingAsync(_name, _console.Node, "attached")).MountId);
        Assert.Equal("open", await ExecAsync($"exec 3<>{_console.Node}; echo open"));

        // It goes while nobody looks.
        await Server.KillAsync();
        await _console.UnplugAsync();
        await UdevBed.SettleAsync();
        await Server.StartAsync();
        await HeardAsync("all", "remove", times: 1);
        await Server.UntilGoneAsync(_name, _console.Node);
        Assert.Equal(0, Times("all", "add"));
        Assert.Equal("", await ExecAsync("ls /run/udev/data"));
        await AssertDeniedAsync();
    }

    /// <summary>A path rule that names a device node: the node with owner and mode of its own, and the permission to use it; and the host's stays as it is.</summary>
    [Fact]
    public async Task APathThatIsADeviceComesWithPermissionOwnerAndMode()
    {
        await StartAsync("[]", $$""", "{{_console.Node}}": { "owner": "0:0", "mode": "0606" }""");
        await Server.UntilBindingAsync(_name, _console.Node, "waiting");
        await AssertDeniedAsync();
        _console.Plug();
        BindingStatus attached = await Server.UntilBindingAsync(_name, _console.Node, "attached");
        Assert.Null(attached.Reason);
        Assert.Equal("open 0:0 606", await ExecAsync($"exec 3<>{_console.Node}; echo open $(stat -c '%u:%g %a' {_console.Node})"));
        await UdevBed.SettleAsync();
        FileStatus host = FileStatus.OfPath(_console.Node)!.Value;
        Assert.NotEqual(0x186u, host.Mode);
        await ExecAsync($"chmod 0600 {_console.Node}");
        Assert.Equal(host.Mode, FileStatus.OfPath(_console.Node)!.Value.Mode);

        await _console.UnplugAsync();
        await Server.UntilGoneAsync(_name, _console.Node);
        await AssertDeniedAsync();
    }

    /// <summary>cgroup v1: what systemd or an engine takes away when it sets the container's devices anew is back by itself.</summary>
    private protected async Task WhatOthersTakeAwayIsGrantedAgainAsync()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync($$"""["vc"]""");
        await Server.UntilBindingAsync(_name, _console.Node, "attached");
        Task renewed = Server.UntilLoggedAsync("PermissionRenewed");
        await File.WriteAllTextAsync($"/sys/fs/cgroup/devices{DevicePolicy.Cgroup(_processId, ":devices:")}/devices.deny", $"c {_console.Number} rwm", TestContext.Current.CancellationToken);
        await renewed;
        Assert.Equal("open", await ExecAsync($"exec 3<>{_console.Node}; echo open"));
    }

    private async Task StartAsync(string filters, string paths = "")
    {
        string configuration = $$"""
            { "containerConfigs": { "{{_name}}": {
                "_automount": { "/usr": { "target": "/host-usr", "readOnly": true }{{paths}} }, "_filter_udev_events": true, "_udev_filters": {{filters}} } },
              "settings": { "plugins": { "{{_runtime.Plugin}}": {{_runtime.Settings}} } } }
            """;
        _server = new ServerUnderTest([_runtime.Plugin], configuration) { Wrapper = _cgroup2 ? ["unshare", .. Cgroup2Only.Command] : [] };
        await _server.StartAsync();
        await _runtime.StartAsync(_server, _name);
        await _server.UntilBindingAsync(_name, "/host-usr", "attached");
        if (filters != "[]")
        {
            await _server.UntilBindingAsync(_name, "/run/udev", "attached");
        }

        _processId = (await _server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
    }

    private async Task MonitorAsync(string log, string options) =>
        _monitors.Add(log, await UdevMonitor.StartAsync(_runtime, Server, _name, _processId, options, Deadline));

    private string Log(string log) => _monitors[log].Text;

    private int Times(string log, string action) => _monitors[log].Times(action, _console.DevPath);

    private Task HeardAsync(string log, string action, int times) => _monitors[log].HeardAsync(action, _console.DevPath, times);

    private Task UntilAsync(string log, Func<string, bool> condition) => _monitors[log].UntilAsync(condition);

    /// <summary>Where the runtime denies devices, the container's own processes may not use this one, not even by a node that they make.</summary>
    private async Task AssertDeniedAsync()
    {
        if (_denies)
        {
            string why = await ExecAsync("rm -f /dev/cm-node; mknod /dev/cm-node c 7 50 && dd if=/dev/cm-node of=/dev/null count=0 2>&1; rm /dev/cm-node");
            Assert.Contains("Operation not permitted", why, StringComparison.Ordinal);
        }
    }

    private string Inside(string path) => $"/proc/{_processId}/root{path}";

    private async Task<string> ExecAsync(string script) => (await _runtime.ExecAsync(Server, _name, "sh", "-c", script)).TrimEnd('\n');
}

/// <summary>Devices in our own light containers.</summary>
public sealed class NamespacesDeviceTests() : DeviceTests(new NamespacesScenarioRuntime(), denies: false);

/// <summary>Devices in our own light containers with a user namespace.</summary>
public sealed class UserNamespacesDeviceTests() : DeviceTests(new NamespacesScenarioRuntime(userNamespace: true), denies: false);

/// <summary>Devices in Docker's containers.</summary>
[Collection(nameof(DockerCollection))]
public sealed class DockerDeviceTests(DockerEngineFixture fixture) : DeviceTests(new DockerScenarioRuntime(fixture.Engine), denies: true)
{
    [Fact]
    public Task APermissionThatOthersTakeAwayIsGrantedAgain() => WhatOthersTakeAwayIsGrantedAgainAsync();
}

/// <summary>Devices in Docker's containers on a machine with cgroup v2 only, where a program denies them.</summary>
public sealed class DockerOnVersion2DeviceTests() : DeviceTests(OwnEngineRuntime.Docker(cgroup2: true), denies: true, cgroup2: true);

/// <summary>Devices in Podman's containers on a machine with cgroup v2 only.</summary>
public sealed class PodmanOnVersion2DeviceTests() : DeviceTests(OwnEngineRuntime.Podman(cgroup2: true), denies: true, cgroup2: true);

/// <summary>Devices in LXC's containers on a machine with cgroup v2 only.</summary>
public sealed class LxcOnVersion2DeviceTests() : DeviceTests(new LxcScenarioRuntime(unprivileged: false, cgroup2: true), denies: true, cgroup2: true);

/// <summary>Devices in Podman's containers.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class PodmanDeviceTests(PodmanEngineFixture fixture) : DeviceTests(new PodmanScenarioRuntime(fixture.Root), denies: true)
{
    [Fact]
    public Task APermissionThatOthersTakeAwayIsGrantedAgain() => WhatOthersTakeAwayIsGrantedAgainAsync();
}

/// <summary>Devices in containers of an ordinary user's Podman.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class RootlessPodmanDeviceTests(PodmanEngineFixture fixture) : DeviceTests(new RootlessPodmanScenarioRuntime(fixture.Rootless), denies: false);

/// <summary>Devices in LXC's containers.</summary>
public sealed class LxcDeviceTests() : DeviceTests(new LxcScenarioRuntime(unprivileged: false), denies: false);

/// <summary>Devices in LXC's containers with a user namespace.</summary>
public sealed class UnprivilegedLxcDeviceTests() : DeviceTests(new LxcScenarioRuntime(unprivileged: true), denies: false);

/// <summary>Devices in machines of systemd-nspawn.</summary>
public sealed class NspawnDeviceTests() : DeviceTests(new NspawnScenarioRuntime(), denies: false);

/// <summary>Devices in machines of systemd-nspawn with a user namespace.</summary>
public sealed class NspawnUserNamespaceDeviceTests()
    : DeviceTests(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown"), denies: false);
