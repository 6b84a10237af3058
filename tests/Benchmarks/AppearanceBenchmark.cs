using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>
/// A path is created → it is mounted inside: the server, and one bare C thread with the same system calls, in turns in one run. Both
/// say themselves when the mount was in place, by the same clock.
/// </summary>
internal sealed class AppearanceBenchmark(BenchServer server, string container, string watched, string bareWatched)
{
    private const int WarmUp = 300;
    private const int Rounds = 40;
    private const int PerRound = 50;

    internal (Samples Server, Samples Bare) Run(string barePath)
    {
        int processId = server.Status().Containers.Single(c => c.Name == container).ProcessId!.Value;
        string inside = $"/proc/{processId}/root/bare";
        Directory.CreateDirectory(inside);
        using Process bare = Programs.Start(barePath, $"{processId}", bareWatched, "/bare");
        bare.StandardOutput.ReadLine();
        using Process events = server.Follow();
        BenchServer.UntilHeard(events, watched);
        // An entry that stays, so that both find the directory inside there, as the bare loop does.
        string stays = Path.Combine(watched, "stays");
        Create(stays);
        Await(events, "attached", stays);
        (Samples ofServer, Samples ofBare, Samples ignored) = (new(), new(), new());
        Batch(WarmUp, ignored, () => OneByServer(events));
        Batch(PerRound, ignored, () => OneByBare(bare, inside));
        for (int round = 0; round < Rounds; round++)
        {
            Batch(PerRound, ofServer, () => OneByServer(events));
            Batch(PerRound, ofBare, () => OneByBare(bare, inside));
        }

        events.Kill();
        bare.StandardInput.Close();
        bare.WaitForExit();
        return (ofServer, ofBare);
    }

    private static void Batch(int count, Samples into, Func<double> one)
    {
        for (int i = 0; i < count; i++)
        {
            // Each event on its own, as they come in life: not in the wake of what the last one has set off.
            Thread.Sleep(1);
            into.Add(one());
        }
    }

    private double OneByServer(Process events)
    {
        string path = Path.Combine(watched, Guid.NewGuid().ToString("N"));
        DateTimeOffset start = DateTimeOffset.UtcNow;
        Create(path);
        double microseconds = (Await(events, "attached", path) - start).TotalMicroseconds;
        File.Delete(path);
        Await(events, "detached", path);
        return microseconds;
    }

    private double OneByBare(Process bare, string inside)
    {
        string name = Guid.NewGuid().ToString("N");
        DateTimeOffset start = DateTimeOffset.UtcNow;
        Create(Path.Combine(bareWatched, name));
        long nanoseconds = long.Parse(bare.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        double microseconds = (DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100) - start).TotalMicroseconds;
        File.Delete(Path.Combine(bareWatched, name));
        // Unlinking the mount point from another namespace takes the mount with it.
        File.Delete(Path.Combine(inside, name));
        return microseconds;
    }

    private static void Create(string path)
    {
        using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
    }

    private static DateTimeOffset Await(Process events, string kind, string source) =>
        BenchServer.MomentOf(events, record => record.Kind == kind && record.Source == source);
}
