using System.Globalization;
using System.Text.RegularExpressions;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>
/// A program of other people's that uses libudev by itself (pyudev), in several containers at once: each hears of its own devices and of nobody
/// else's; and a disk that is partitioned brings its partitions.
/// </summary>
public sealed class LibudevClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Says what it hears, and at each what an enumeration finds.</summary>
    private const string Client = """
        import os, pyudev
        context = pyudev.Context()
        monitor = pyudev.Monitor.from_netlink(context)
        monitor.start()
        print('listening', flush=True)
        for device in iter(monitor.poll, None):
            there = sorted(d.device_node for d in context.list_devices() if d.device_node and d.is_initialized)
            print(device.action, device.device_node, device.get('ID_CM_TEST'), ','.join(t for t in device.tags if t), 'of', there, flush=True)
        """;

    /// <summary>
    /// Listens as libudev-zero does, which Alpine's images may have in the place of libudev: plain text in group 4, with the kernel's way to name a node, which has no /dev/. Says action and node.
    /// </summary>
    private const string PlainClient = """
        import socket
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
        s.bind((0, 4))
        print('listening', flush=True)
        while True:
            message = s.recv(8192)
            properties = dict(part.split('=', 1) for part in message.decode().split('\0') if '=' in part)
            print(properties['ACTION'], '/dev/' + properties['DEVNAME'], properties['SUBSYSTEM'], flush=True)
        """;

    private readonly string _prefix = $"cm-{Guid.NewGuid():N}"[..14];
    private readonly TemporaryDirectory _directory = new("libudev");
    private readonly VirtualConsole _console = new(51);
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly Dictionary<string, BackgroundProcess> _clients = [];
    private UdevBed? _udev;
    private ServerUnderTest? _server;
    private string? _disk;

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync() => _udev = await UdevBed.StartAsync();

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
    [
        .. _clients.Values.Select(client => CleanUp.Of(client)),
        .. _clients.Keys.Select(name => CleanUp.Of(() => _runtime.RemoveAsync(Server, name))),
        CleanUp.Of(_server),
        CleanUp.Of(() => _disk is null ? Task.CompletedTask : Command.RunAsync("losetup", ["--detach", _disk])),
        CleanUp.Of(_console),
        CleanUp.Of(_udev),
        CleanUp.Of(_directory),
    ]);

    [Fact]
    public async Task EachContainerHearsOfItsOwnDevicesAndOfNoOther()
    {
        await StartAsync($$"""
            "{{_prefix}}-one": { "_udev_filters": [{ "tag": "cm_test", "devnode": "{{_console.Node}}" }] },
            "{{_prefix}}-both": { "_udev_filters": [{ "devnode": "{{_console.Node}}" }, { "devnode": "{{_console.Sibling}}" }] },
            "{{_prefix}}-other": { "_udev_filters": [{ "devnode": "{{_console.Sibling}}" }] }
            """, "one", "both", "other");
        _console.Plug();
        await HearAsync("one", $"add {_console.Node} vc cm_test of ['{_console.Node}']");
        await HearAsync("both", $"add {_console.Node} vc cm_test of ");
        await HearAsync("both", $"add {_console.Sibling} ");
        await HearAsync("other", $"add {_console.Sibling} None  of ['{_console.Sibling}']");
        await _console.UnplugAsync();
        await HearAsync("one", $"remove {_console.Node} ");
        await HearAsync("both", $"remove {_console.Node} ");
        await HearAsync("both", $"remove {_console.Sibling} ");
        await HearAsync("other", $"remove {_console.Sibling} ");
        Assert.Equal([2, 4, 2], ((string[])["one", "both", "other"]).Select(name => Heard(name).Length));
    }

    [Fact]
    public async Task PartitionsComeWithTheirDiskToTheOneContainerThatClaimsIt()
    {
        _disk = await AttachDiskAsync();
        string filter = $$"""{ "_udev_filters": [{ "devnode": "{{_disk}}", "devtype": "disk", "exclusive": true }] }""";
        await StartAsync($"\"{_prefix}-first\": {filter}, \"{_prefix}-second\": {filter}", "first", "second");
        await Server.UntilBindingAsync($"{_prefix}-first", _disk, "attached");
        (await Command.RunAsync("addpart", [_disk, "1", "8", "64"])).OutputOrThrow();
        await HearAsync("first", $"add {_disk}p1 ");
        Assert.Equal("open", await OpenAsync("first", _disk + "p1"));
        Assert.Equal("open", await OpenAsync("first", _disk));
        Assert.Equal("absent", await OpenAsync("second", _disk));

        // What the first no longer claims is the second's.
        await Task.WhenAll(_clients.Where(client => client.Key.EndsWith("first", StringComparison.Ordinal)).Select(client => client.Value.StopAsync()));
        await Server.StopContainerAsync($"{_prefix}-first");
        await HearAsync("second", $"add {_disk}p1 ");
        Assert.Equal("open", await OpenAsync("second", _disk + "p1"));
        (await Command.RunAsync("delpart", [_disk, "1"])).OutputOrThrow();
        await HearAsync("second", $"remove {_disk}p1 ");
        Assert.Equal("absent", await OpenAsync("second", _disk + "p1"));
        Assert.DoesNotContain(Heard("second"), line => line.StartsWith($"remove {_disk} ", StringComparison.Ordinal));
    }

    /// <summary>Character devices of a network interface, and block devices of memory; heard by libudev and by what stands in for it.</summary>
    [Fact]
    public async Task MacvtapAndZramDevicesComeAndGo()
    {
        await StartAsync($$""" "{{_prefix}}-one": { "_udev_filters": [{ "subsystem": "macvtap" }, { "devnode": "/dev/zram[1-9]*", "mode": "0640" }] } """, "one");
        await ListenAsync("plain", $"{_prefix}-one", PlainClient);
        string link = $"cm{Environment.ProcessId}";
        (await Command.RunAsync("ip", ["link", "add", link, "type", "veth", "peer", "name", link + "p"])).OutputOrThrow();
        string? zram = null;
        try
        {
            (await Command.RunAsync("ip", ["link", "add", "link", link, "name", link + "t", "type", "macvtap"])).OutputOrThrow();
            string tap = "/dev/" + Path.GetFileName(Assert.Single(Directory.GetDirectories($"/sys/class/net/{link}t/macvtap")));
            await HearAsync("one", $"add {tap} ");
            await HearAsync("plain", $"add {tap} macvtap");
            Assert.Equal("open", await OpenAsync("one", tap));
            (await Command.RunAsync("ip", ["link", "del", link + "t"])).OutputOrThrow();
            await HearAsync("one", $"remove {tap} ");
            await HearAsync("plain", $"remove {tap} macvtap");
            await Server.UntilGoneAsync($"{_prefix}-one", tap);

            zram = (await File.ReadAllTextAsync("/sys/class/zram-control/hot_add", TestContext.Current.CancellationToken)).Trim();
            await HearAsync("one", $"add /dev/zram{zram} zram cm_test");
            await HearAsync("plain", $"add /dev/zram{zram} block");
            Assert.Equal("640", (await _runtime.ExecAsync(Server, $"{_prefix}-one", "stat", "-c", "%a", $"/dev/zram{zram}")).TrimEnd());
            Assert.Equal("open", await OpenAsync("one", $"/dev/zram{zram}"));
            await File.WriteAllTextAsync("/sys/class/zram-control/hot_remove", zram, TestContext.Current.CancellationToken);
            await HearAsync("one", $"remove /dev/zram{zram} ");
            await HearAsync("plain", $"remove /dev/zram{zram} block");
            Assert.Equal("absent", await OpenAsync("one", $"/dev/zram{zram}"));
            zram = null;
        }
        finally
        {
            await Command.RunAsync("ip", ["link", "del", link]);
            if (zram is not null)
            {
                await File.WriteAllTextAsync("/sys/class/zram-control/hot_remove", zram, TestContext.Current.CancellationToken);
            }
        }
    }

    private async Task<string> AttachDiskAsync()
    {
        await File.WriteAllBytesAsync(_directory["disk"], new byte[1 << 20]);
        return (await Command.RunAsync("losetup", ["--find", "--show", _directory["disk"]])).OutputOrThrow().TrimEnd();
    }

    private async Task StartAsync(string containers, params string[] names)
    {
        _server = new ServerUnderTest(["Namespaces"], $$"""{ "containerConfigs": { {{Enabled(containers)}} } }""");
        await Server.StartAsync();
        foreach (string name in names)
        {
            string container = $"{_prefix}-{name}";
            await _runtime.StartAsync(Server, container);
            await Server.UntilBindingAsync(container, "/run/udev", "attached");
            await ListenAsync(name, container, Client);
        }
    }

    private async Task ListenAsync(string name, string container, string program)
    {
        int process = (await Server.StatusAsync()).Containers.Single(one => one.Name == container).ProcessId!.Value;
        _clients.Add($"{_prefix}-{name}", new BackgroundProcess(
            _directory[name], "nsenter", "--target", process.ToString(CultureInfo.InvariantCulture), "--mount", "--net", "--", "python3", "-c", program));
        await new GrowingFile(_directory[name]).UntilAsync(text => text.StartsWith("listening\n", StringComparison.Ordinal), Deadline);
    }

    private static string Enabled(string containers) => containers.Replace("\"_udev_filters\"", "\"_filter_udev_events\": true, \"_udev_filters\"", StringComparison.Ordinal);

    private string[] Heard(string name) => new GrowingFile(_directory[name]).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];

    /// <summary>Once, and no more than once.</summary>
    private async Task HearAsync(string name, string beginning)
    {
        await new GrowingFile(_directory[name]).UntilAsync(text => Regex.IsMatch(text, $"^{Regex.Escape(beginning)}.*\n", RegexOptions.Multiline), Deadline);
        Assert.Single(Heard(name), line => line.StartsWith(beginning, StringComparison.Ordinal));
    }

    private async Task<string> OpenAsync(string name, string node) =>
        (await _runtime.ExecAsync(Server, $"{_prefix}-{name}", "sh", "-c", $"if test -e {node}; then exec 3<>{node} && echo open; else echo absent; fi")).TrimEnd('\n');
}
