using ContainerManager.Host.Paths;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>Runs itself in a user namespace in which only a few inotify watches are allowed: the machine's own limit is everybody's.</summary>
public sealed class WatchLimitTests
{
    private const string Inside = "CONTAINER_MANAGER_TEST_FEW_WATCHES";
    private const string Limit = "/proc/sys/user/max_inotify_watches";

    [Fact]
    public async Task A_used_up_limit_is_named_with_its_remedy_and_what_is_there_is_reported_all_the_same()
    {
        if (Environment.GetEnvironmentVariable(Inside) is not null)
        {
            WithFewWatches();
            return;
        }

        CommandResult result = await Command.RunAsync("unshare",
        [
            "--user", "--map-root-user", "--mount", "sh", "-c", $"echo 6 > {Limit} && {Inside}=1 exec \"$0\" -class '*{nameof(WatchLimitTests)}'",
            Environment.ProcessPath!,
        ]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("Failed: 0", result.Output, StringComparison.Ordinal);
        Assert.Contains("Total: 1", result.Output, StringComparison.Ordinal);
    }

    private static void WithFewWatches()
    {
        HandTurnedClock clock = new();
        using WatchedDirectory watched = new(clock);
        watched.Make("a/b/c/d/e/x");
        PathPattern x = watched.Watch("a/b/c/d/e/x");
        watched.UntilPresent(x, "a/b/c/d/e/x");
        watched.UntilFailed(x, "fs.inotify.max_user_watches");
        File.WriteAllText(Limit, "100");
        Assert.NotEqual(0, clock.RunTimers());
        watched.UntilFailed(x, null);
        File.Delete(watched.At("a/b/c/d/e/x"));
        watched.UntilAbsent(x, "a/b/c/d/e/x");
    }
}
