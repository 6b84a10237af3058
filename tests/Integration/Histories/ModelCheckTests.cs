using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Histories;

/// <summary>
/// Histories that nobody has thought of, of everything that happens to a server: files, directories, file systems over them, devices, requests, configurations, containers,
/// plugins, crashes of the server and of udevd, and somebody inside who unmounts. At each quiet point the kernel's mount table is what a model says.
/// </summary>
[Collection(nameof(AloneCollection))]
public sealed class ModelCheckTests
{
    private const int Operations = 40;

    /// <summary>A few, the same each time.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task WhatIsMountedIsWhatTheModelSays(int seed) => CheckAsync(Operation.Random(new Random(seed), Operations));

    /// <summary>Found by a random one: a server that had just begun did not know the container yet, and refused.</summary>
    [Fact]
    public Task ARequestRightAfterAStartIsNotRefused() => CheckAsync(
        [.. Enumerable.Range(0, 5).SelectMany(_ => (string[])["end-server", "bind 0", "kill-server", "unbind 0"]).Select(Operation.Parse), Operation.Settle]);

    /// <summary>As many as <c>./model.sh</c> says, each another one; or the one in a file.</summary>
    [Fact(Explicit = true)]
    public async Task WhatIsMountedIsWhatTheModelSaysHoweverOftenItIsTried()
    {
        if (Environment.GetEnvironmentVariable("CM_HISTORY") is { Length: > 0 } file)
        {
            await CheckAsync([.. (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Where(line => line.Trim() is { Length: > 0 } text && text[0] != '#').Select(Operation.Parse)]);
            return;
        }

        int count = int.Parse(Environment.GetEnvironmentVariable("CM_HISTORIES") ?? "20", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("CM_HISTORY_SEED") ?? "1000", CultureInfo.InvariantCulture);
        for (int i = 0; i < count; i++)
        {
            await CheckAsync(Operation.Random(new Random(seed + i), Operations));
            TestContext.Current.TestOutputHelper?.WriteLine($"{i + 1} of {count} histories, {Operations} operations each");
        }
    }

    private static async Task CheckAsync(Operation[] history)
    {
        if (await HistoryRun.TryAsync(history) is not { } failure)
        {
            return;
        }

        IReadOnlyList<Operation> shorter = await HistoryRun.ShrinkAsync(history);
        string? again = shorter.Count < history.Length ? await HistoryRun.TryAsync(shorter) : null;
        Assert.Fail($"{failure}\n\nA shorter history that fails, too ({(again is null ? "not each time" : again.Split('\n')[0])}), for CM_HISTORY=FILE ./model.sh:\n{string.Join('\n', shorter)}");
    }
}
