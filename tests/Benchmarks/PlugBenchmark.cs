using System.Globalization;
using ContainerManager.Tests.Integration.Devices;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A real device is plugged in → its node opens inside: by a rule for its path, by one for its udev event, and by LXD's own hot-plug.</summary>
internal sealed class PlugBenchmark(string bin, string directory, string plug)
{
    private const string Terminal = "53";
    private const string Node = "/dev/vcs" + Terminal;
    private const int Rounds = 60;
    private const int Warm = 10;

    /// <summary>Microseconds; LXD's null when it is not installed.</summary>
    internal async Task<(Samples ByPath, Samples ByUdev, Samples? Lxd)> RunAsync(string name)
    {
        await using UdevBed udev = await UdevBed.StartAsync();
        Samples byPath = OfServer(name, $$"""{ "_inotify_watch": { "{{Node}}": "Absolute" } }""");
        Samples byUdev = OfServer(name, $$"""{ "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{Node}}" }] }""");
        LxdEngine? lxd = await LxdEngine.StartAsync();
        await using (lxd)
        {
            lxd?.Give(Node);
            return (byPath, byUdev, lxd is null ? null : Measure(lxd.ProcessId));
        }
    }

    private Samples OfServer(string name, string rules)
    {
        using BenchServer server = new(bin, directory, $$"""{ "containerConfigs": { "{{name}}": {{rules}} } }""");
        server.Tool("spawn", name, "--host-usr", "--", "sleep", "infinity");
        try
        {
            return Measure(server.Status().Containers.Single(container => container.Name == name).ProcessId!.Value);
        }
        finally
        {
            server.Tool("stop", name);
        }
    }

    private Samples Measure(int processId)
    {
        Samples samples = new();
        string output = Programs.Run(plug, Terminal, $"/proc/{processId}/root{Node}", $"{Rounds + Warm}");
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(Warm))
        {
            samples.Add(double.Parse(line, CultureInfo.InvariantCulture) / 1000);
        }

        return samples;
    }
}
