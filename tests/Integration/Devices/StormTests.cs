using System.Globalization;
using ContainerManager.Host.Udev;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>A device that comes and goes as fast as the kernel lets it, in eight containers of every runtime at once: none lost, none left over.</summary>
[Collection(nameof(AloneCollection))]
public sealed class StormTests : IAsyncLifetime
{
    private const int Cycles = 1000, Burst = 5000;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    /// <summary>Opens and gives up a virtual terminal again and again.</summary>
    private const string Plugger = """
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/ioctl.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            char path[32];
            snprintf(path, sizeof path, "/dev/tty%s", argv[1]);
            int control = open("/dev/tty0", O_RDWR | O_NOCTTY);
            for (int i = 0; i < atoi(argv[2]); i++) {
                int fd = open(path, O_RDWR | O_NOCTTY);
                if (fd < 0) { perror(path); return 1; }
                close(fd);
                // Busy while udevd has the terminal open.
                while (ioctl(control, 0x5608, atoi(argv[1])))
                    if (errno != EBUSY || usleep(100)) { perror("VT_DISALLOCATE"); return 1; }
            }
            return 0;
        }
        """;

    private readonly string _prefix = $"cm-{Guid.NewGuid():N}"[..14];
    private readonly TemporaryDirectory _directory = new("storm");
    private readonly VirtualConsole _console = new(52);
    private readonly List<IScenarioRuntime> _runtimes = [];
    private readonly List<Storming> _containers = [];
    private UdevBed? _udev;
    private ServerUnderTest? _server;
    private bool _cgroup2;

    /// <summary>A container, and what its device cgroup allowed before the storm.</summary>
    private sealed record Storming(IScenarioRuntime Runtime, string Name)
    {
        internal UdevMonitor? Monitor { get; set; }

        internal int ProcessId { get; set; }

        internal string[] Policy { get; set; } = [];
    }

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync() => _udev = await UdevBed.StartAsync();

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
    [
        .. _containers.Select(container => CleanUp.Of(() => container.Runtime.RemoveAsync(Server, container.Name))),
        .. _containers.Select(container => CleanUp.Of(async () => await (container.Monitor?.Ended ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing))),
        CleanUp.Of(_server),
        .. _runtimes.Select(runtime => CleanUp.Of(runtime as IAsyncDisposable)),
        CleanUp.Of(_console),
        CleanUp.Of(_udev),
        CleanUp.Of(_directory),
    ]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AThousandCyclesInEightContainersLoseNothingAndLeaveNothing(bool cgroup2)
    {
        await StartAsync(await EveryRuntimeAsync(cgroup2));
        await PlugAsync(Cycles);
        await Task.WhenAll(_containers.Select(container => container.Monitor!.HeardAsync("remove", _console.DevPath, Cycles)));
        Assert.All(_containers, container => Assert.Equal(Cycles, container.Monitor!.Times("add", _console.DevPath)));
        await AssertNothingIsLeftAsync();
        Assert.DoesNotContain("were lost", Server.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AServerThatIsKilledInTheMiddleEndsInTheSame(bool cgroup2)
    {
        await StartAsync(await EveryRuntimeAsync(cgroup2));
        Task plugging = PlugAsync(Cycles);
        await _containers[0].Monitor!.UntilAsync(_ => _containers[0].Monitor!.Times("remove", _console.DevPath) >= Cycles / 10);
        await Server.KillAsync();
        await plugging;
        _console.Plug();
        await UdevBed.SettleAsync();
        await Server.StartAsync();
        await Task.WhenAll(_containers.Select(container => Server.UntilBindingAsync(container.Name, _console.Node, "attached")));
        await _console.UnplugAsync();
        await Task.WhenAll(_containers.Select(container => Server.UntilGoneAsync(container.Name, _console.Node)));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task ABurstOfChangesIsToldInFull()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync(await EveryRuntimeAsync(cgroup2: false));
        await Task.WhenAll(_containers.Select(container => Server.UntilBindingAsync(container.Name, _console.Node, "attached")));
        for (int i = 0; i < Burst; i++)
        {
            await File.WriteAllTextAsync($"/sys{_console.DevPath}/uevent", "change", TestContext.Current.CancellationToken);
        }

        await UdevBed.SettleAsync();
        await Task.WhenAll(_containers.Select(container => container.Monitor!.HeardAsync("change", _console.DevPath, Burst)));
        Assert.DoesNotContain("were lost", Server.Log, StringComparison.Ordinal);
    }

    /// <summary>A message as udevd sends it, but from a sender that is not root: nobody may invent devices for containers.</summary>
    [Fact]
    public async Task AnInventedDeviceIsNotBelieved()
    {
        await StartAsync([new NamespacesScenarioRuntime()]);
        byte[] message = LibudevFormat.Write(
            [new("ACTION", "add"), new("DEVPATH", _console.DevPath), new("SUBSYSTEM", "vc"), new("DEVNAME", _console.Node), new("MAJOR", "7"), new("MINOR", "52"), new("SEQNUM", "1")],
            "vc", null, []);
        using (SafeFileHandle network = File.OpenHandle("/proc/self/ns/net"))
        using (Linux.UeventSender sender = Linux.UeventSender.In(network))
        {
            sender.Send(Linux.UeventGroup.Udev, message, 1000, 1000);
            sender.Send(Linux.UeventGroup.Udev, message.AsSpan(0, 60), 0, 0);
        }

        await Server.UntilLoggedAsync("not from udevd: sent by user 1000");
        await Server.UntilLoggedAsync("its properties lie outside of it");
        Assert.Equal(["/host-usr", "/run/udev"], (await Server.StatusAsync()).Containers.Single(c => c.Name == $"{_prefix}-0").Bindings.Select(binding => binding.Target).Order(StringComparer.Ordinal));
    }

    /// <summary>Runtimes for eight containers. On cgroup v2 those that attach a program there.</summary>
    private async Task<IScenarioRuntime[]> EveryRuntimeAsync(bool cgroup2)
    {
        _cgroup2 = cgroup2;
        OwnEngineRuntime docker = OwnEngineRuntime.Docker(cgroup2), podman = OwnEngineRuntime.Podman(cgroup2);
        LxcScenarioRuntime lxc = new(unprivileged: false, cgroup2);
        _runtimes.AddRange([docker, podman, lxc]);
        if (cgroup2)
        {
            await Task.WhenAll(_runtimes.Select(runtime => runtime.PrepareAsync()));
            return [docker, docker, docker, podman, podman, podman, lxc, lxc];
        }

        NspawnScenarioRuntime nspawn = new();
        _runtimes.Add(nspawn);
        await Task.WhenAll(_runtimes.Select(runtime => runtime.PrepareAsync()));
        return [docker, docker, podman, podman, lxc, nspawn, new NamespacesScenarioRuntime(), new NamespacesScenarioRuntime(userNamespace: true)];
    }

    private async Task StartAsync(IScenarioRuntime[] runtimes)
    {
        Dictionary<string, string> plugins = runtimes.DistinctBy(runtime => runtime.Plugin).ToDictionary(runtime => runtime.Plugin, runtime => runtime.Settings);
        string settings = string.Join(", ", plugins.Select(plugin => $"\"{plugin.Key}\": {plugin.Value}"));
        _server = new ServerUnderTest(plugins.Keys, $$"""
            { "containerConfigs": { "{{_prefix}}-*": {
                "_automount": { "/usr": { "target": "/host-usr", "readOnly": true } }, "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } },
              "settings": { "plugins": { {{settings}} } } }
            """) { Wrapper = _cgroup2 ? ["unshare", .. Cgroup2Only.Command] : [] };
        await Server.StartAsync();
        foreach ((int i, IScenarioRuntime runtime) in runtimes.Index())
        {
            Storming container = new(runtime, string.Create(CultureInfo.InvariantCulture, $"{_prefix}-{i}"));
            _containers.Add(container);
            await runtime.StartAsync(Server, container.Name);
        }

        foreach (Storming container in _containers)
        {
            await Server.UntilBindingAsync(container.Name, "/host-usr", "attached");
            await Server.UntilBindingAsync(container.Name, "/run/udev", "attached");
            container.ProcessId = (await Server.StatusAsync()).Containers.Single(one => one.Name == container.Name).ProcessId!.Value;
            container.Monitor = await UdevMonitor.StartAsync(container.Runtime, Server, container.Name, container.ProcessId, "--udev", Deadline);
            if (!File.Exists(_console.Node))
            {
                container.Policy = DevicePolicy.Of(container.ProcessId, _cgroup2);
            }
        }
    }

    private async Task PlugAsync(int cycles)
    {
        await File.WriteAllTextAsync(_directory["plug.c"], Plugger);
        (await Command.RunAsync("gcc", ["-O1", "-o", _directory["plug"], _directory["plug.c"]])).OutputOrThrow();
        (await Command.RunAsync(_directory["plug"], ["52", cycles.ToString(CultureInfo.InvariantCulture)], Deadline)).OutputOrThrow();
        (await Command.RunAsync("udevadm", ["settle", "--timeout=120"], Deadline)).OutputOrThrow();
    }

    /// <summary>No node, record, tag, link or permission is left, in any container or on the host.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        await Server.UntilAsync(reply => reply.Containers.Where(c => c.Name.StartsWith(_prefix, StringComparison.Ordinal))
            .All(container => container.Bindings.All(binding => binding is { State: "attached", Target: "/run/udev" or "/host-usr" })));
        Assert.All(_containers, container =>
        {
            string root = $"/proc/{container.ProcessId}/root";
            Assert.False(Path.Exists(root + _console.Node), $"{Linux.FileStatus.OfPath(root + _console.Node)}\n{File.ReadAllText($"/proc/{container.ProcessId}/mountinfo")}");
            Assert.False(Path.Exists(root + "/dev/cm-test"));
            Assert.Empty(Directory.GetFiles(root + "/run/udev/data"));
            Assert.Empty(Directory.GetFiles(root + "/run/udev/tags", "*", SearchOption.AllDirectories));
            Assert.DoesNotContain(Linux.MountTable.OfProcess(container.ProcessId).Mounts, mount => mount.MountPoint.StartsWith("/dev/vcs", StringComparison.Ordinal));
            Assert.Equal(container.Policy, DevicePolicy.Of(container.ProcessId, _cgroup2));
        });
        Assert.Empty(Directory.GetFiles(Path.Combine(Server.StateDirectory, "nodes")));
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Server.StateDirectory, "devices"), "*", SearchOption.AllDirectories),
            file => file.Contains("/given/", StringComparison.Ordinal) || file.Contains("/new/", StringComparison.Ordinal));
    }
}
