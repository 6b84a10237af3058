using System.Globalization;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>Where a server is killed.</summary>
/// <param name="Call">At which system call.</param>
/// <param name="Count">How often it makes that call until then. Counted by call, since threads that do different things go at different speeds.</param>
/// <param name="After">Right after it returned; else when it is entered, before it is done.</param>
/// <param name="ChangeWhileDead">The next thing that happens on the host happens before there is a server again.</param>
internal sealed record CrashPoint(string Call, int Count, bool After, bool ChangeWhileDead)
{
    private const int Sample = 6;
    private const int Seed = 20;

    /// <summary>They leave the system as it was: after one is before the next.</summary>
    private static readonly string[] ChangeNothing = ["openat2", "setns", "unshare"];

    /// <summary>Each boundary: before and after each call, in turn with and without a change meanwhile.</summary>
    internal static IEnumerable<CrashPoint> All(IEnumerable<string> calls) =>
        from call in calls.Index()
        let words = call.Item.Split(' ')
        from after in ChangeNothing.Contains(words[0]) ? (bool[])[false] : [false, true]
        select new CrashPoint(words[0], int.Parse(words[1], CultureInfo.InvariantCulture), after, (call.Index + (after ? 1 : 0)) % 2 == 0);

    /// <summary>As many as the variable CM_CRASHES says: a number, or "all"; a few when it says nothing.</summary>
    internal static CrashPoint[] Chosen(IEnumerable<string> calls)
    {
        string? wish = Environment.GetEnvironmentVariable("CM_CRASHES");
        CrashPoint[] all = [.. All(calls)];
        if (wish == "all")
        {
            return all;
        }

        int count = string.IsNullOrEmpty(wish) ? Sample : int.Parse(wish, CultureInfo.InvariantCulture);
        new Random(int.TryParse(Environment.GetEnvironmentVariable("CM_CRASH_SEED"), out int seed) ? seed : Seed).Shuffle(all);
        return all[..Math.Min(count, all.Length)];
    }
}
