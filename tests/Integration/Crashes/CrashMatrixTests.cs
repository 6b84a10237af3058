using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>A server that is killed at any boundary of what it does to the system, and what the next one makes of it.</summary>
[Collection(nameof(AloneCollection))]
public sealed class CrashMatrixTests
{
    /// <summary>Far more failures than that are one.</summary>
    private const int MostShown = 10;

    /// <summary>Takes minutes, even for a part of the points: <c>./crash.sh</c> runs it.</summary>
    [Fact(Explicit = true)]
    public Task WhereverAServerIsKilledTheNextOneMakesItGood() => KillAsync(CrashPoint.Chosen);

    /// <summary>Found by the whole matrix: of the directories that were made for a target the last ones were gone, and the first one stayed for ever.</summary>
    [Fact]
    public Task AServerThatIsKilledWhileItRemovesMountPointsLeavesNoneInTheEnd() => KillAsync(
        _ => [.. Enumerable.Range(2, 5).Select(count => new CrashPoint("unlinkat", count, After: true, ChangeWhileDead: true))]);

    private static async Task KillAsync(Func<IReadOnlyList<string>, CrashPoint[]> choose)
    {
        using TemporaryDirectory directory = new("tracing");
        string tracing = await SystemCallTracer.CompileAsync(directory.FullPath);
        CrashBed? bed = await CrashBed.StartAsync();
        List<string> failures = [];
        int killed = 0;
        try
        {
            IReadOnlyList<string> calls = await bed.CountAsync(tracing);
            CrashPoint[] points = choose(calls);
            foreach (CrashPoint point in points)
            {
                CrashBed there = bed ??= await CrashBed.StartAsync();
                Exception? failure = await Record.ExceptionAsync(async () => killed += await there.CrashAsync(tracing, point) ? 1 : 0);
                if (failure is not null)
                {
                    failures.Add($"{point}: {failure.Message}");
                    TestContext.Current.TestOutputHelper?.WriteLine(failures[^1]);

                    // Whatever is wrong there must not make the next ones fail.
                    bed = null;
                    await there.DisposeAsync();
                }
            }

            string counts = string.Join(", ", calls.CountBy(call => call.Split(' ')[0]).OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}"));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{calls.Count} calls ({counts}), {points.Length} kill points, {killed} of them reached, {failures.Count} failed");
        }
        finally
        {
            await CleanUp.AllAsync(CleanUp.Of(bed));
        }

        Assert.True(failures.Count == 0, $"{failures.Count} failed:\n{string.Join("\n\n", failures.Take(MostShown))}");
    }
}
