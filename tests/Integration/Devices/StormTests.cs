using System.Globalization;
using System.Text.RegularExpressions;
using ContainerManager.Host.Udev;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>A device that comes and goes as fast as the kernel lets it, in many containers at once: none lost, none left over.</summary>
[Collection(nameof(AloneCollection))]
public sealed class StormTests : IAsyncLifetime
{
    private const int Containers = 8, Cycles = 1000, Burst = 5000;
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
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly List<BackgroundProcess> _monitors = [];
    private UdevBed? _udev;
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync() => _udev = await UdevBed.StartAsync();

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (BackgroundProcess monitor in _monitors)
            {
                await monitor.DisposeAsync();
            }

            if (_server is not null)
            {
                await Task.WhenAll(Names.Select(name => _runtime.RemoveAsync(_server, name)));
                await _server.DisposeAsync();
            }
        }
        finally
        {
            await _console.DisposeAsync();
            if (_udev is not null)
            {
                await _udev.DisposeAsync();
            }

            _directory.Dispose();
        }
    }

    private static IEnumerable<string> NamesOf(string prefix, int count) => Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}"));

    private IEnumerable<string> Names => NamesOf(_prefix, Containers);

    [Fact]
    public async Task AThousandCyclesInEightContainersLoseNothingAndLeaveNothing()
    {
        int[] processes = await StartAsync(Containers);
        await PlugAsync(Cycles);
        await HeardAsync("remove", Cycles, Containers);
        Assert.All(Enumerable.Range(0, Containers), i => Assert.Equal((Cycles, Cycles), (Times(i, "add"), Times(i, "remove"))));
        await AssertNothingIsLeftAsync(processes);
        Assert.DoesNotContain("were lost", Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatIsKilledInTheMiddleEndsInTheSame()
    {
        int[] processes = await StartAsync(Containers);
        Task plugging = PlugAsync(Cycles);
        await HeardAsync("remove", Cycles / 10, 1);
        await Server.KillAsync();
        await plugging;
        _console.Plug();
        await UdevBed.SettleAsync();
        await Server.StartAsync();
        await Task.WhenAll(Names.Select(name => Server.UntilBindingAsync(name, _console.Node, "attached")));
        await _console.UnplugAsync();
        await Task.WhenAll(Names.Select(name => Server.UntilGoneAsync(name, _console.Node)));
        await AssertNothingIsLeftAsync(processes);
    }

    [Fact]
    public async Task ABurstOfChangesIsToldInFull()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync(1);
        await Server.UntilBindingAsync($"{_prefix}-0", _console.Node, "attached");
        for (int i = 0; i < Burst; i++)
        {
            await File.WriteAllTextAsync($"/sys{_console.DevPath}/uevent", "change", TestContext.Current.CancellationToken);
        }

        await UdevBed.SettleAsync();
        await HeardAsync("change", Burst, 1);
        Assert.Equal(Burst, Times(0, "change"));
        Assert.DoesNotContain("were lost", Server.Log, StringComparison.Ordinal);
    }

    /// <summary>A message as udevd sends it, but from a sender that is not root: nobody may invent devices for containers.</summary>
    [Fact]
    public async Task AnInventedDeviceIsNotBelieved()
    {
        await StartAsync(1);
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
        Assert.Equal(["/run/udev"], (await Server.StatusAsync()).Containers.Single(c => c.Name == $"{_prefix}-0").Bindings.Select(binding => binding.Target));
    }

    private async Task<int[]> StartAsync(int containers)
    {
        _server = new ServerUnderTest(["Namespaces"], $$"""
            { "containerConfigs": { "{{_prefix}}-*": { "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
            """);
        await Server.StartAsync();
        int[] processes = new int[containers];
        foreach ((int i, string name) in NamesOf(_prefix, containers).Index())
        {
            await _runtime.StartAsync(Server, name);
            await Server.UntilBindingAsync(name, "/run/udev", "attached");
            processes[i] = (await Server.StatusAsync()).Containers.Single(container => container.Name == name).ProcessId!.Value;
            _monitors.Add(new BackgroundProcess(
                LogOf(i), "nsenter", "--target", processes[i].ToString(CultureInfo.InvariantCulture), "--mount", "--net", "--", "udevadm", "monitor", "--udev"));
            await UntilAsync(i, text => text.Contains("\n\n", StringComparison.Ordinal));
        }

        return processes;
    }

    private async Task PlugAsync(int cycles)
    {
        await File.WriteAllTextAsync(_directory["plug.c"], Plugger);
        (await Command.RunAsync("gcc", ["-O1", "-o", _directory["plug"], _directory["plug.c"]])).OutputOrThrow();
        (await Command.RunAsync(_directory["plug"], ["52", cycles.ToString(CultureInfo.InvariantCulture)], Deadline)).OutputOrThrow();
        (await Command.RunAsync("udevadm", ["settle", "--timeout=120"], Deadline)).OutputOrThrow();
    }

    private string LogOf(int container) => _directory[string.Create(CultureInfo.InvariantCulture, $"monitor-{container}")];

    private GrowingFile LogFileOf(int container) => new(LogOf(container));

    private string Text(int container) => LogFileOf(container).Text;

    private int Times(int container, string action) =>
        Regex.Count(Text(container), $@"^UDEV *\[.*\] {action} +{Regex.Escape(_console.DevPath)} ", RegexOptions.Multiline);

    private async Task HeardAsync(string action, int times, int containers)
    {
        for (int i = 0; i < containers; i++)
        {
            int container = i;
            await UntilAsync(container, _ => Times(container, action) >= times);
        }
    }

    private Task UntilAsync(int container, Func<string, bool> condition) => LogFileOf(container).UntilAsync(condition, Deadline);

    private async Task AssertNothingIsLeftAsync(int[] processes)
    {
        await Server.UntilAsync(reply => reply.Containers.Where(c => c.Name.StartsWith(_prefix, StringComparison.Ordinal))
            .All(container => container.Bindings.All(binding => binding is { State: "attached", Target: "/run/udev" })));
        Assert.All(processes, processId =>
        {
            string root = $"/proc/{processId}/root";
            Assert.False(Path.Exists(root + _console.Node), $"{Linux.FileStatus.OfPath(root + _console.Node)}\n{File.ReadAllText($"/proc/{processId}/mountinfo")}");
            Assert.False(Path.Exists(root + "/dev/cm-test"));
            Assert.Empty(Directory.GetFiles(root + "/run/udev/data"));
            Assert.Empty(Directory.GetFiles(root + "/run/udev/tags", "*", SearchOption.AllDirectories));
            Assert.DoesNotContain(Linux.MountTable.OfProcess(processId).Mounts, mount => mount.MountPoint.StartsWith("/dev/vcs", StringComparison.Ordinal));
        });
        Assert.Empty(Directory.GetFiles(Path.Combine(Server.StateDirectory, "nodes")));
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Server.StateDirectory, "devices"), "*", SearchOption.AllDirectories),
            file => file.Contains("/given/", StringComparison.Ordinal) || file.Contains("/new/", StringComparison.Ordinal));
    }
}
