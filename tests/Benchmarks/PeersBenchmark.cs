using System.Diagnostics;
using System.Globalization;
using ContainerManager.Tests.Integration.Lxc;
using ContainerManager.Tests.Integration.Nspawn;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>Something is bound in a running container by our command, and by the one that its own runtime has for that. Wall time, milliseconds.</summary>
internal sealed class PeersBenchmark(string bin, string directory)
{
    private const int Rounds = 30;
    private const string Name = "cm-peer";

    /// <summary>A device node that every machine has; <c>lxc-device</c> gives nothing else.</summary>
    private const string Device = "/dev/fuse";

    /// <summary>The runtime, its command, ours, theirs; theirs null where it does not work on this machine (lxc-device must read /proc/1/ns/net).</summary>
    internal async IAsyncEnumerable<(string Runtime, string Command, Samples Ours, Samples? Theirs)> RunAsync()
    {
        string source = Path.Combine(directory, "peer");
        await File.WriteAllTextAsync(source, "x");

        await using (LxcBed lxc = new())
        {
            await lxc.MakeAndStartAsync(Name);
            using BenchServer server = new(bin, directory, $$"""{ "settings": { "plugins": { "Lxc": { "paths": ["{{lxc.Lxcpath}}"] } } } }""");
            string[] device = ["--lxcpath", lxc.Lxcpath, "--name", Name];
            (Samples ours, Samples? theirs) = Measure(
                server, "lxc", Device, ["lxc-device", .. device, "add", Device, "/dev/bench"], ["lxc-device", .. device, "del", Device, "/dev/bench"]);
            yield return ("lxc", "lxc-device add", ours, theirs);
        }

        await using MachinedBed machined = new();
        await machined.StartAsync();
        await using (NspawnMachines machines = new() { Prefix = machined.Prefix, Options = ["--register=yes"] })
        {
            using BenchServer server = new(bin, directory, $$"""{ "settings": { "plugins": { "Nspawn": {{machined.Settings}} } } }""");
            using Process events = server.Follow();
            await machines.StartAsync(Name);
            BenchServer.MomentOf(events, record => record.Kind == "container-started" && record.Container == Name);
            events.Kill();
            string leader = machines.LeaderOf(Name).ToString(CultureInfo.InvariantCulture);
            (Samples ours, Samples? theirs) = Measure(
                server,
                "nspawn",
                source,
                [.. machined.Prefix, "machinectl", "bind", "--mkdir", Name, source, "/bench"],
                ["nsenter", "--target", leader, "--mount", "--root", "--", "umount", "/bench"]);
            yield return ("nspawn", "machinectl bind", ours, theirs);
        }

        // LXD's containers are LXD's own: ours is a light one.
        LxdEngine? lxd = await LxdEngine.StartAsync();
        await using (lxd)
        {
            if (lxd is null)
            {
                yield break;
            }

            using BenchServer server = new(bin, directory, "{}");
            server.Tool("spawn", Name, "--host-usr", "--", "sleep", "infinity");
            (Samples ours, Samples? theirs) = Measure(server, "namespaces", source, lxd.AddDisk(source, "/bench"), lxd.RemoveDisk());
            server.Tool("stop", Name);
            yield return ("light", "lxc config device add", ours, theirs);
        }
    }

    private static (Samples Ours, Samples? Theirs) Measure(BenchServer server, string runtime, string source, string[] bind, string[] undo)
    {
        (Samples ours, Samples? theirs) = (new(), Works(bind, undo) ? new() : null);
        for (int i = -2; i < Rounds; i++)
        {
            double mine = server.TimeTool("-c", $"{runtime}:{Name}", "bind", source, "--to", "/bound");
            server.Tool("-c", $"{runtime}:{Name}", "unbind", "/bound");
            double other = theirs is null ? 0 : Programs.Time(bind[0], bind[1..]);
            if (theirs is not null)
            {
                Programs.Run(undo[0], undo[1..]);
            }

            if (i >= 0)
            {
                ours.Add(mine);
                theirs?.Add(other);
            }
        }

        return (ours, theirs);
    }

    private static bool Works(string[] bind, string[] undo)
    {
        try
        {
            Programs.Run(bind[0], bind[1..]);
            Programs.Run(undo[0], undo[1..]);
            return true;
        }
        catch (InvalidOperationException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return false;
        }
    }
}
