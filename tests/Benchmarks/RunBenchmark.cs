using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A program that does nothing, run in a light container: through the client that is there, through one that is injected for it, and by nsenter(1).</summary>
internal static class RunBenchmark
{
    private const int Count = 30;

    /// <summary>Milliseconds of wall time, and MiB of the client.</summary>
    internal static (Samples Warm, Samples Cold, Samples Entered, double Resident) Run(BenchServer server, string bin, string name)
    {
        (Samples warm, Samples cold, Samples entered) = (new(), new(), new());
        string tool = Path.Combine(bin, "container-util");
        string processId = server.Status().Containers.Single(container => container.Name == name).ProcessId!.Value.ToString(CultureInfo.InvariantCulture);
        string[] run = ["--socket", server.Socket, "-c", name, "run", "--"];
        double resident = 0;
        for (int i = 0; i < Count; i++)
        {
            cold.Add(Programs.Time(tool, [.. run, "true"]));
            warm.Add(Programs.Time(tool, [.. run, "true"]));
            entered.Add(Programs.Time("nsenter", "--target", processId, "--mount", "--pid", "--net", "--root", "--wd", "--", "true"));
            string status = Programs.Run(tool, [.. run, "sh", "-c", "grep VmRSS /proc/$PPID/status"]);
            resident = int.Parse(status.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture) / 1024.0;
            using Process killed = Programs.Start(tool, [.. run, "sh", "-c", "kill -9 $PPID"]);
            killed.WaitForExit();
        }

        return (warm, cold, entered, resident);
    }
}
