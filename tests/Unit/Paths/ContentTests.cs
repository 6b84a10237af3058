using ContainerManager.Host.Paths;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>A pattern may ask for changes in place; others of the same directory hear nothing of them.</summary>
public sealed class ContentTests : IDisposable
{
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    public void A_change_in_place_is_reported_to_who_asked(string what)
    {
        RecordingSinkCount counted = new();
        File.WriteAllText(_pump.At("file"), "1");
        _pump.Watcher.Watch(new PathPattern(_pump.Root, EntriesOfDirectory: true, IsLiteral: true, WithContent: true), counted);
        _pump.Watch("", entries: true); // Would hear the same report twice, which its sink calls wrong.
        _pump.Settle();
        int before = counted.Appeared;

        if (what == "content")
        {
            File.WriteAllText(_pump.At("file"), "2");
        }
        else
        {
            File.SetUnixFileMode(_pump.At("file"), UnixFileMode.UserRead);
        }

        _pump.Until(() => counted.Appeared > before);
        _pump.Settle();
    }

    private sealed class RecordingSinkCount : IPathSink
    {
        internal int Appeared { get; private set; }

        public void PathAppeared(PathPattern pattern, string path, ContainerManager.Linux.FileIdentity identity) => Appeared++;

        public void PathVanished(PathPattern pattern, string path)
        {
        }

        public void PatternFailed(PathPattern pattern, string? reason)
        {
        }
    }
}
