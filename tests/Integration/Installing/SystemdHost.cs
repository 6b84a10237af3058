using System.Globalization;
using ContainerManager.Tests.Integration.Nspawn;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Installing;

/// <summary>
/// A Debian with a systemd that has booted: this machine's own root with a layer above it that takes all changes, without the services that are enabled
/// here, in a container of systemd-nspawn. What is installed in it is gone with it.
/// </summary>
internal sealed class SystemdHost : IAsyncDisposable
{
    private static readonly TimeSpan BootsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CommandsWithin = TimeSpan.FromMinutes(2);

    /// <summary>What would start other services, keep new ones from starting, or ask a person; and Podman, whose service the server starts, mounts no layers on a layer.</summary>
    private const string Strip = """
        rm -rf "$0"/etc/systemd/system/*.wants "$0/etc/machine-id" "$0/usr/sbin/policy-rc.d" "$0/var/lib/container-manager"
        rm -f "$0/etc/container-manager.conf" "$0"/lib/systemd/system/container-manager.service
        ln -sf /dev/null "$0/etc/systemd/system/systemd-firstboot.service"
        rm -rf "$0/var/lib/containers"
        printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' > "$0/etc/containers/storage.conf"
        """;

    private const string InCgroup = "mkdir -p \"$0\" && echo $$ > \"$0/cgroup.procs\" && exec \"$@\"";

    private readonly TemporaryDirectory _directory = new("systemd");
    private BackgroundProcess? _nspawn;
    private int _leader;

    /// <summary>Its root, as seen from here.</summary>
    internal string Root => _directory["root"];

    private string Log => File.ReadAllText(_directory["log"]);

    internal static async Task<SystemdHost> BootAsync()
    {
        SystemdHost host = new();
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program in it; what it writes.</summary>
    internal async Task<string> RunAsync(params string[] command) => (await TryAsync(command)).OutputOrThrow();

    /// <summary>Runs a program in it, whatever comes of it.</summary>
    internal Task<CommandResult> TryAsync(params string[] command) => Command.RunAsync(
        "nsenter", ["--target", _leader.ToString(CultureInfo.InvariantCulture), "--all", "--", .. command], CommandsWithin);

    public async ValueTask DisposeAsync()
    {
        if (_nspawn is { HasExited: false })
        {
            foreach (int leader in NspawnMachines.ChildrenOf(_nspawn.Id))
            {
                await Command.RunAsync("kill", ["-KILL", leader.ToString(CultureInfo.InvariantCulture)]);
            }

            await _nspawn.WhenExitedAsync(CancellationToken.None).WaitAsync(BootsWithin);
        }

        await CleanUp.AllAsync(CleanUp.Of(_nspawn), CleanUp.Of(_directory));
    }

    private async Task StartAsync()
    {
        string layer = Directory.CreateDirectory(_directory["layer"]).FullName;
        Directory.CreateDirectory(Root);
        (await Command.RunAsync("mount", ["-t", "tmpfs", "none", layer])).OutputOrThrow();
        Directory.CreateDirectory(Path.Combine(layer, "upper"));
        Directory.CreateDirectory(Path.Combine(layer, "work"));
        (await Command.RunAsync("mount", ["-t", "overlay", "-o", $"lowerdir=/,upperdir={layer}/upper,workdir={layer}/work", "overlay", Root])).OutputOrThrow();
        (await Command.RunAsync("sh", ["-euc", Strip, Root])).OutputOrThrow();
        using ReadyNotification booted = new(_directory["notify"]);
        string cgroup = Path.Combine("/sys/fs/cgroup/unified", _directory.Name + ".slice", "host.service");
        _nspawn = new BackgroundProcess(
            _directory["log"],
            "/bin/sh",
            [
                "-c", InCgroup, cgroup, "env", booted.Variable, "systemd-nspawn", "--directory=" + Root, "--machine=cm-systemd", "--register=no", "--keep-unit",
                "--private-network", "--console=pipe", "--link-journal=no", "--notify-ready=yes", "--boot", "systemd.unit=basic.target",
            ]);
        try
        {
            await booted.WaitAsync(BootsWithin);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"systemd did not boot:\n{Log}");
        }

        _leader = Assert.Single(NspawnMachines.ChildrenOf(_nspawn.Id));
    }
}
