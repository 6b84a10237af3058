using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>
/// Machines of systemd-nspawn with a busybox root each, in cgroups of their own. Needs no systemd on the host. Disposal leaves nothing
/// of them.
/// </summary>
internal sealed class NspawnMachines : IAsyncDisposable
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);
    private readonly TemporaryDirectory _directory = new("nspawn");
    private readonly Dictionary<string, BackgroundProcess> _running = [];

    /// <summary>Words before the command, such as those that enter another mount namespace.</summary>
    internal string[] Prefix { get; init; } = [];

    /// <summary>Options that every machine gets.</summary>
    internal string[] Options { get; init; } = ["--register=no"];

    /// <summary>A path for the test's own use.</summary>
    internal string this[string relative] => _directory[relative];

    internal string DirectoryName => _directory.Name;

    /// <summary>The root of a machine, kept when it ends.</summary>
    internal string RootOf(string name) => _directory[Path.Combine("roots", name)];

    /// <summary>The process id of its nspawn.</summary>
    internal int NspawnOf(string name) => _running[name].Id;

    /// <summary>The process id of its first process, or 0 while there is none.</summary>
    internal int LeaderOf(string name) => ChildrenOf(NspawnOf(name)).FirstOrDefault();

    /// <summary>What nspawn wrote.</summary>
    internal string LogOf(string name) => File.ReadAllText(_directory[name + ".log"]);

    /// <summary>Starts a machine that sleeps; returns when nspawn has begun. Its root is made if it is not there.</summary>
    internal Task StartAsync(string name, params string[] options) => StartAsync(name, ["-M", name, .. options], ["/bin/sleep", "1000000"]);

    /// <summary>Starts a machine with all options but its root and those of all given.</summary>
    internal async Task StartAsync(string name, string[] options, string[] command)
    {
        if (!Directory.Exists(RootOf(name)))
        {
            await MakeRootAsync(name);
        }

        // In a cgroup of its own, named as a unit in a slice: nspawn makes others in it, and machined wants to know the unit.
        const string Enter = "mkdir -p \"$0\" && echo $$ > \"$0/cgroup.procs\" && exec \"$@\"";
        string cgroup = Path.Combine("/sys/fs/cgroup/unified", _directory.Name + ".slice", name + ".service");
        _running[name] = new BackgroundProcess(
            _directory[name + ".log"],
            "/bin/sh",
            [
                "-c", Enter, cgroup, .. Prefix, "systemd-nspawn", "--quiet", "--keep-unit", "--private-network", "--console=pipe",
                "--directory=" + RootOf(name), .. Options, .. options, .. command,
            ]);
    }

    /// <summary>Ends a machine: its first process is killed, and its nspawn ends then.</summary>
    internal async Task KillAsync(string name)
    {
        if (_running.Remove(name, out BackgroundProcess? nspawn))
        {
            await EndAsync(nspawn);
        }
    }

    /// <summary>Kills nspawn alone; its machine runs on.</summary>
    internal async Task KillNspawnAsync(string name)
    {
        await _running[name].KillAsync();
        _running.Remove(name);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(_running.Values.Select(EndAsync));
        }
        finally
        {
            foreach (string root in Directory.Exists(_directory["roots"]) ? Directory.GetDirectories(_directory["roots"]) : [])
            {
                RemoveTraces(root);
            }

            _directory.Dispose();
        }
    }

    /// <summary>The children of a process.</summary>
    internal static int[] ChildrenOf(int processId) =>
        [.. ProcessFacts.Read(processId, $"task/{processId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    private static async Task EndAsync(BackgroundProcess nspawn)
    {
        foreach (int leader in nspawn.HasExited ? [] : ChildrenOf(nspawn.Id))
        {
            using System.Diagnostics.Process? process = TryGet(leader);
            process?.Kill();
        }

        using CancellationTokenSource deadline = new(EndsWithin);
        try
        {
            await nspawn.WhenExitedAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // It was still being set up: nobody was there to be killed.
            await nspawn.KillAsync();
        }

        await nspawn.DisposeAsync();
    }

    private static System.Diagnostics.Process? TryGet(int processId)
    {
        try
        {
            return System.Diagnostics.Process.GetProcessById(processId);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private async Task MakeRootAsync(string name)
    {
        string template = _directory["busybox"];
        if (!Directory.Exists(template))
        {
            await BusyboxRoot.WriteTarAsync(_directory["busybox.tar"]);
            Directory.CreateDirectory(template);
            (await Command.RunAsync("tar", ["-xf", _directory["busybox.tar"], "-C", template])).OutputOrThrow();
            await File.WriteAllTextAsync(Path.Combine(template, "etc/os-release"), "ID=busybox\n");
        }

        Directory.CreateDirectory(_directory["roots"]);
        (await Command.RunAsync("cp", ["-a", template, RootOf(name)])).OutputOrThrow();
    }

    /// <summary>What a killed nspawn leaves in /run.</summary>
    private static void RemoveTraces(string root)
    {
        string propagate = Path.Combine("/run/systemd/nspawn/propagate", Path.GetFileName(root));
        if (Directory.Exists(propagate))
        {
            Directory.Delete(propagate, recursive: true);
        }

        FileIdentity identity = FileStatus.OfPath(root)!.Value.Identity;
        ulong device = (identity.Device >> 32 << 8) | (identity.Device & 0xFF);
        File.Delete(string.Create(CultureInfo.InvariantCulture, $"/run/systemd/nspawn/locks/inode-{device}:{identity.Inode}"));
    }
}
