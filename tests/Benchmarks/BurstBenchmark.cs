using System.Diagnostics;
using System.Globalization;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>
/// Ten thousand paths at once, by the server and by the bare C thread, in turns in one run: from the first creation until the last is inside. Both mount in the
/// order of the creations. Fewer at a time than inotify's queue holds (16,384), so that the bare thread, which does not look again, loses none.
/// </summary>
internal sealed class BurstBenchmark(BenchServer server, string container, string watched, string bareWatched)
{
    internal const int Paths = 10_000;
    private const int Rounds = 3;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    /// <summary>Paths a second, of each round.</summary>
    internal (Samples Server, Samples Bare) Run(string barePath)
    {
        int processId = server.Status().Containers.Single(c => c.Name == container).ProcessId!.Value;
        string root = $"/proc/{processId}/root";
        Directory.CreateDirectory(root + "/bare");
        using Process bare = Programs.Start(barePath, $"{processId}", bareWatched, "/bare");
        bare.StandardOutput.ReadLine();
        Task read = bare.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        (Samples ofServer, Samples ofBare) = (new(), new());
        for (int round = 0; round < Rounds; round++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"burst{round}-");
            ofServer.Add(PerSecond(processId, watched, "/watched", prefix));
            Delete(watched, prefix);
            Until(() => MountsAt(processId, "/watched/" + prefix) == 0, "the server's are gone");
            ofBare.Add(PerSecond(processId, bareWatched, "/bare", prefix));
            Delete(bareWatched, prefix);

            // Unlinking the mount point from another namespace takes the mount with it.
            Delete(root + "/bare", prefix);
        }

        bare.StandardInput.Close();
        bare.WaitForExit();
        read.Wait();
        return (ofServer, ofBare);
    }

    private static double PerSecond(int processId, string watched, string inside, string prefix)
    {
        string last = $"/proc/{processId}/root{inside}/{prefix}{Paths - 1}";
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Paths; i++)
        {
            using FileStream file = new(Path.Combine(watched, prefix + i.ToString(CultureInfo.InvariantCulture)), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        }

        Until(() => File.Exists(last), $"{last} is there");
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Until(() => MountsAt(processId, $"{inside}/{prefix}") == Paths, "all are there");
        return Paths / seconds;
    }

    private static int MountsAt(int processId, string prefix) =>
        MountTable.OfProcess(processId).Mounts.Count(mount => mount.MountPoint.StartsWith(prefix, StringComparison.Ordinal));

    private static void Delete(string directory, string prefix)
    {
        for (int i = 0; i < Paths; i++)
        {
            File.Delete(Path.Combine(directory, prefix + i.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Within)
            {
                throw new TimeoutException($"not within {Within.TotalSeconds} s: {what}");
            }

            Thread.Sleep(1);
        }
    }
}
