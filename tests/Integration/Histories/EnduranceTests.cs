using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>Mixed load for as long as one likes: nothing grows, and nothing becomes slower.</summary>
public sealed partial class EnduranceTests
{
    private const int Binds = 200, MoreDescriptors = 5;
    private static readonly TimeSpan s_restsWithin = TimeSpan.FromMinutes(3);

    /// <summary><c>./endure.sh</c> runs it. The first fifth, in which what runs often is compiled better, is not compared.</summary>
    [Fact(Explicit = true)]
    public async Task NothingGrowsAndNothingBecomesSlower()
    {
        TimeSpan time = TimeSpan.FromMinutes(double.Parse(Environment.GetEnvironmentVariable("CM_MINUTES") ?? "10", CultureInfo.InvariantCulture));
        int seed = int.Parse(Environment.GetEnvironmentVariable("CM_HISTORY_SEED") ?? "1", CultureInfo.InvariantCulture);
        await using HistoryWorld world = await HistoryWorld.BeginAsync();
        Random random = new(seed);
        long begun = Stopwatch.GetTimestamp();
        int operations = await LoadAsync(world, random, begun, time / 5);
        Facts warm = await Facts.OfAsync(world);
        TestContext.Current.TestOutputHelper?.WriteLine($"{operations} operations: {warm}");
        operations += await LoadAsync(world, random, begun, time);
        Facts end = await Facts.OfAsync(world);

        // Connections of ours that nobody uses any more are closed after a minute (SocketsHttpHandler.PooledConnectionIdleTimeout).
        for (long rested = Stopwatch.GetTimestamp(); end.Descriptors > warm.Descriptors + MoreDescriptors && Stopwatch.GetElapsedTime(rested) < s_restsWithin;)
        {
            end = await Facts.OfAsync(world);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{operations} operations: {end}");
        string both = $"{warm} → {end}";
        Assert.True(end.Resident <= warm.Resident * 1.1, both);
        Assert.True(end.Threads <= warm.Threads + 5, both);
        Assert.True(end.Descriptors <= warm.Descriptors + MoreDescriptors, both);
        Assert.True(end.Watches <= warm.Watches, both);
        Assert.Equal(warm.Mounts, end.Mounts);
        Assert.True(end.Bind <= (warm.Bind * 1.5) + 0.2, both);
    }

    /// <summary>One server throughout: it is neither killed nor ended.</summary>
    private static async Task<int> LoadAsync(HistoryWorld world, Random random, long begun, TimeSpan until)
    {
        int count = 0;
        while (Stopwatch.GetElapsedTime(begun) < until)
        {
            foreach (Operation operation in Operation.Random(random, 60).Where(operation => operation.Verb is not "kill-server" and not "end-server"))
            {
                await world.HappenAsync(operation);
                count++;
            }
        }

        await world.RestAsync();
        return count;
    }

    /// <summary>What /proc says of the server at rest, and how long it takes to bind and unbind, at the median.</summary>
    private sealed partial record Facts(long Resident, int Threads, int Descriptors, int Watches, int Mounts, double Bind, string Kinds)
    {
        internal static async Task<Facts> OfAsync(HistoryWorld world)
        {
            List<double> binds = [];
            for (int i = 0; i < Binds; i++)
            {
                long start = Stopwatch.GetTimestamp();
                await world.BindOnceAsync();
                binds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            binds.Sort();
            string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{world.Server.ProcessId}");
            string status = await File.ReadAllTextAsync(process + "/status", TestContext.Current.CancellationToken);
            string[] descriptors = Directory.GetFiles(process + "/fdinfo");
            return new Facts(
                long.Parse(ResidentPattern().Match(status).Groups[1].Value, CultureInfo.InvariantCulture),
                Directory.GetDirectories(process + "/task").Length,
                descriptors.Length,
                descriptors.Sum(WatchesOf),
                File.ReadAllLines(process + "/mountinfo").Length,
                binds[Binds / 2],
                string.Join(", ", KindsOf(process).CountBy(kind => kind).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Key} {kind.Value}")));
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{Resident / 1024.0:0.0} MiB, {Threads} threads, {Descriptors} descriptors, {Watches} watches, {Mounts} mounts, bind and unbind {Bind:0.00} ms; open: {Kinds}");

        /// <summary>What its descriptors lead to, without the numbers that make each of them another.</summary>
        private static IEnumerable<string> KindsOf(string process) =>
            new DirectoryInfo(process + "/fd").EnumerateFileSystemInfos().Select(descriptor => NumberPattern().Replace(descriptor.LinkTarget ?? "closed", "N"));

        /// <summary>proc_pid_fdinfo(5): a line for each watch of an inotify.</summary>
        private static int WatchesOf(string descriptor)
        {
            try
            {
                return File.ReadLines(descriptor).Count(line => line.StartsWith("inotify wd:", StringComparison.Ordinal));
            }
            catch (IOException)
            {
                return 0; // Closed meanwhile.
            }
        }

        [GeneratedRegex(@"[0-9]+")]
        private static partial Regex NumberPattern();

        [GeneratedRegex(@"VmRSS:\s+(\d+)")]
        private static partial Regex ResidentPattern();
    }
}
