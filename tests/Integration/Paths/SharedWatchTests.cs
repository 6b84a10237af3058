using System.Globalization;
using ContainerManager.Host.Paths;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>The kernel has one watch for a directory, however many patterns share it: one that leaves must not take it from one that comes.</summary>
public sealed class SharedWatchTests : IDisposable
{
    private readonly WatchedDirectory _watched = new();

    public void Dispose() => _watched.Dispose();

    [Fact]
    public void Patterns_that_come_while_others_leave_are_never_blind()
    {
        Directory.CreateDirectory(_watched.At("d/e"));
        PathPattern leaving = _watched.Watch("d/e/0");
        for (int round = 1; round <= 500; round++)
        {
            string path = "d/e/" + round.ToString(CultureInfo.InvariantCulture);
            _watched.Unwatch(leaving);
            PathPattern coming = _watched.Watch(path);
            _watched.Make(path);
            _watched.UntilPresent(coming, path);
            leaving = coming;
        }
    }
}
