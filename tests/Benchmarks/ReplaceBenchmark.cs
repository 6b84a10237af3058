using System.Diagnostics;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>A file of the host is replaced by rename(2) → the new one is mounted inside in its place, without a gap.</summary>
internal static class ReplaceBenchmark
{
    private const int Warm = 200;
    private const int Count = 1000;

    /// <summary>Microseconds from the rename to the mount.</summary>
    internal static Samples Run(BenchServer server, string watched)
    {
        string path = Path.Combine(watched, "replaced"), draft = Path.Combine(Path.GetDirectoryName(watched)!, "draft");
        Samples samples = new();
        File.WriteAllText(path, "");
        using Process events = server.Follow();
        BenchServer.UntilHeard(events, watched);
        for (int i = -Warm; i < Count; i++)
        {
            Thread.Sleep(1);
            File.WriteAllText(draft, "");
            DateTimeOffset start = DateTimeOffset.UtcNow;
            File.Move(draft, path, overwrite: true);
            double taken = (BenchServer.MomentOf(events, record => record.Kind == "replaced" && record.Source == path) - start).TotalMicroseconds;
            if (i >= 0)
            {
                samples.Add(taken);
            }
        }

        events.Kill();
        File.Delete(path);
        return samples;
    }
}
