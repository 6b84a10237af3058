using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>
/// A real dbus and systemd-machined in a mount namespace with a /run of their own, on a host without systemd. machined wants to see
/// /run/systemd/system, mounts that propagate, and machines in a cgroup that is named as a unit.
/// </summary>
internal sealed class MachinedBed : IAsyncDisposable
{
    private const string Place = """
        mount --make-rshared / && mount -t tmpfs -o mode=755 tmpfs /run &&
        mkdir -p /run/dbus /run/systemd/system /run/lock && : > "$0" && exec sleep 1000000
        """;

    private const string Enter = "mkdir -p \"$0\" && echo $$ > \"$0/cgroup.procs\" && exec \"$@\"";
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new("machined");
    private BackgroundProcess? _place;
    private BackgroundProcess? _bus;
    private BackgroundProcess? _machined;

    /// <summary>Where machined writes, as seen from the host. The place must be there.</summary>
    internal string MachinesDirectory => Inside("/run/systemd/machines");

    /// <summary>The plugin's settings that lead there, and leave the other way aside.</summary>
    internal string Settings => $$"""{ "machinesDirectory": "{{MachinesDirectory}}", "unregistered": false }""";

    /// <summary>What starts a program there.</summary>
    internal string[] Prefix => ["nsenter", "--target", _place!.Id.ToString(CultureInfo.InvariantCulture), "--mount", "--"];

    /// <summary>A path there, as seen from the host.</summary>
    internal string Inside(string path) => string.Create(CultureInfo.InvariantCulture, $"/proc/{_place!.Id}/root{path}");

    /// <summary>Makes the place.</summary>
    internal async Task MakePlaceAsync()
    {
        using CancellationTokenSource deadline = new(ReadyWithin);
        _place = new BackgroundProcess(_directory["place.log"], "unshare", "--mount", "--propagation", "private", "sh", "-c", Place, _directory["ready"]);
        await FileArrival.WaitAsync(_directory["ready"], deadline.Token);
    }

    /// <summary>Makes the place and starts everything.</summary>
    internal async Task StartAsync()
    {
        await MakePlaceAsync();
        await StartMachinedAsync();
    }

    /// <summary>Starts machined, and the bus if it does not run; returns when machined answers.</summary>
    internal async Task StartMachinedAsync()
    {
        using CancellationTokenSource deadline = new(ReadyWithin);
        _bus ??= Start("dbus-daemon", "--system", "--nofork", "--nopidfile");
        await FileArrival.WaitAsync(Inside("/run/dbus/system_bus_socket"), deadline.Token);
        _machined = Start("/lib/systemd/systemd-machined");
        while ((await Command.RunAsync(Prefix[0], [.. Prefix[1..], "busctl", "status", "org.freedesktop.machine1"])).ExitCode != 0)
        {
            Assert.False(_machined.HasExited, await File.ReadAllTextAsync(_directory["log"], deadline.Token));
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>SIGKILL to machined.</summary>
    internal Task KillMachinedAsync() => _machined!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (BackgroundProcess? process in (BackgroundProcess?[])[_machined, _bus, _place])
            {
                await (process?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }
        finally
        {
            _directory.Dispose();
        }
    }

    /// <summary>In a cgroup of the test's, since nothing else tells whose they are.</summary>
    private BackgroundProcess Start(params string[] command) =>
        new(_directory["log"], "sh", ["-c", Enter, Path.Combine("/sys/fs/cgroup/unified", _directory.Name), .. Prefix, .. command]);
}
