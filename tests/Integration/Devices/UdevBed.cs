using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>
/// A real udevd: the machine's own where one runs, else one that is started and ended with the test. A rule of ours gives the devices of the test a
/// property, a tag and a link.
/// </summary>
internal sealed class UdevBed : IAsyncDisposable
{
    private const string Rules = "/run/udev/rules.d/99-container-manager-test.rules";

    /// <summary>Says that the file system at /run/udev is ours, and which process is its udevd.</summary>
    private const string Marker = "/run/udev/cm-test";

    private const string Rule = """
        ACTION=="add|change", SUBSYSTEM=="vc", KERNEL=="vcs[0-9]*", ENV{ID_CM_TEST}="vc", TAG+="cm_test", SYMLINK+="cm-test/by-id/$kernel", GROUP="tty", MODE="0620"
        ACTION=="add|change", SUBSYSTEM=="block", KERNEL=="zram[0-9]*", ENV{ID_CM_TEST}="zram", TAG+="cm_test"

        """;

    /// <summary>There is one /run/udev, and one set of virtual consoles.</summary>
    private static readonly SemaphoreSlim s_alone = new(1);

    private readonly TemporaryDirectory _directory = new("udev");
    private BackgroundProcess? _udevd;

    /// <summary>It was started for the test, and may be killed.</summary>
    internal bool IsOwn => _udevd is not null;

    /// <summary>Waits until no other test has one.</summary>
    internal static async Task<UdevBed> StartAsync()
    {
        await s_alone.WaitAsync(TestContext.Current.CancellationToken);
        return await CleanUp.BegunAsync(new UdevBed(), bed => bed.BeginAsync());
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndAsync();
        }
        finally
        {
            s_alone.Release();
        }
    }

    /// <summary>A udevd that stayed would tell everybody of each device a second time.</summary>
    private Task EndAsync() => CleanUp.AllAsync(
        CleanUp.Of(_udevd),
        CleanUp.Of(async () =>
        {
            File.Delete(Rules);
            if (File.Exists(Marker))
            {
                await UnmountAsync();
            }
            else if (File.Exists("/run/udev/control"))
            {
                await Command.RunAsync("udevadm", ["control", "--reload"]);
            }
        }),
        CleanUp.Of(_directory)).AsTask();

    private static async Task UnmountAsync()
    {
        (await Command.RunAsync("umount", ["--lazy", "/run/udev"])).OutputOrThrow();
        Directory.Delete("/run/udev");
    }

    /// <summary>SIGKILL.</summary>
    internal async Task KillDaemonAsync()
    {
        Assert.True(IsOwn, "the udevd that runs here is the machine's own, which no test kills: run this one where none does");
        await _udevd!.KillAsync();
    }

    /// <summary>Starts it again, as its service does.</summary>
    internal async Task StartDaemonAgainAsync()
    {
        await _udevd!.DisposeAsync();
        await StartDaemonAsync();
    }

    /// <summary>Until it says that it is ready (sd_notify(3)): its control socket is there a moment before anybody listens on it.</summary>
    private async Task StartDaemonAsync()
    {
        using ReadyNotification ready = new(_directory["notify"]);
        _udevd = new BackgroundProcess(_directory["log"], "/usr/bin/env", [ready.Variable, "/lib/systemd/systemd-udevd"]);
        await File.WriteAllTextAsync(Marker, $"{_udevd.Id}\n");
        await ready.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private async Task BeginAsync()
    {
        if (File.Exists(Marker))
        {
            // Of a run that was killed.
            await Command.RunAsync("pkill", ["--signal", "KILL", "--pidfile", Marker, "udevd"]);
            await UnmountAsync();
        }

        if (!File.Exists("/run/udev/control"))
        {
            Directory.CreateDirectory("/run/udev");
            (await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/udev"])).OutputOrThrow();
            await File.WriteAllTextAsync(Marker, "");
            await StartDaemonAsync();
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Rules)!);
        await File.WriteAllTextAsync(Rules, Rule);
        (await Command.RunAsync("udevadm", ["control", "--ping", "--timeout=20"])).OutputOrThrow();
        (await Command.RunAsync("udevadm", ["control", "--reload"])).OutputOrThrow();
        (await Command.RunAsync("udevadm", ["trigger", "--action=add"])).OutputOrThrow();
        await SettleAsync();
    }

    /// <summary>Completes when udevd has dealt with everything.</summary>
    internal static async Task SettleAsync() => (await Command.RunAsync("udevadm", ["settle", "--timeout=30"])).OutputOrThrow();
}
