using System.Globalization;
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

    /// <summary>Takes minutes: <c>./crash.sh moments COUNT</c> runs it.</summary>
    [Fact(Explicit = true)]
    public async Task AtWhateverMomentAServerIsKilledTheNextOneMakesItGood()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("CM_MOMENTS") ?? "100", CultureInfo.InvariantCulture);
        Random random = new(int.Parse(Environment.GetEnvironmentVariable("CM_CRASH_SEED") ?? "1", CultureInfo.InvariantCulture));
        await using Tries tries = new();
        for (int i = 0; i < count; i++)
        {
            await tries.TryAsync("", bed => bed.CrashAtAnyMomentAsync(random));
        }

        tries.AssertNoneFailed($"{count} moments");
    }

    private static async Task KillAsync(Func<IReadOnlyList<string>, CrashPoint[]> choose)
    {
        using TemporaryDirectory directory = new("tracing");
        string tracing = await SystemCallTracer.CompileAsync(directory.FullPath);
        await using Tries tries = new();
        IReadOnlyList<string> calls = await (await tries.BedAsync()).CountAsync(tracing);
        CrashPoint[] points = choose(calls);
        int killed = 0;
        foreach (CrashPoint point in points)
        {
            await tries.TryAsync($"{point}: ", async bed => killed += await bed.CrashAsync(tracing, point) ? 1 : 0);
        }

        string counts = string.Join(", ", calls.CountBy(call => call.Split(' ')[0]).OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}"));
        tries.AssertNoneFailed($"{calls.Count} calls ({counts}), {points.Length} kill points, {killed} of them reached");
    }

    /// <summary>Each in the same bed, or in another one after a failure: whatever is wrong there must not make the next ones fail.</summary>
    private sealed class Tries : IAsyncDisposable
    {
        private readonly List<string> _failures = [];
        private CrashBed? _bed;

        internal async Task<CrashBed> BedAsync() => _bed ??= await CrashBed.StartAsync();

        internal async Task TryAsync(string what, Func<CrashBed, Task> crash)
        {
            CrashBed bed = await BedAsync();
            if (await Record.ExceptionAsync(() => crash(bed)) is { } failure)
            {
                _failures.Add(what + failure.Message);
                TestContext.Current.TestOutputHelper?.WriteLine(_failures[^1]);
                await DisposeAsync();
            }
        }

        internal void AssertNoneFailed(string tried)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{tried}, {_failures.Count} failed");
            Assert.True(_failures.Count == 0, $"{_failures.Count} failed:\n{string.Join("\n\n", _failures.Take(MostShown))}");
        }

        public async ValueTask DisposeAsync()
        {
            CrashBed? bed = _bed;
            _bed = null;
            await CleanUp.AllAsync(CleanUp.Of(bed));
        }
    }
}
