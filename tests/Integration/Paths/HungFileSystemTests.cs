using ContainerManager.Host.Paths;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Paths;

/// <summary>A FUSE that nobody answers for: whoever looks into it hangs until its device is closed.</summary>
public sealed class HungFileSystemTests : IDisposable
{
    private readonly WatchedDirectory _watched = new();
    private readonly SafeFileHandle _fuse = File.OpenHandle("/dev/fuse", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    public void Dispose()
    {
        _fuse.Dispose();
        _watched.Dispose();
    }

    [Fact]
    public void Patterns_that_lead_elsewhere_go_on_and_the_hung_one_recovers()
    {
        Directory.CreateDirectory(_watched.At("hung"));
        PathPattern before = _watched.Watch("before/x");
        Mounts.Fuse(_fuse, _watched.At("hung"));
        PathPattern[] hung = [.. Enumerable.Range(0, 8).Select(i => _watched.WatchUnscanned($"hung/{i}/x"))];
        PathPattern after = _watched.Watch("after/x");
        for (int round = 0; round < 20; round++)
        {
            foreach ((PathPattern pattern, string path) in new[] { (before, "before/x"), (after, "after/x") })
            {
                _watched.Make(path);
                _watched.UntilPresent(pattern, path);
                Directory.Delete(Path.GetDirectoryName(_watched.At(path))!, recursive: true);
                _watched.UntilAbsent(pattern, path);
            }
        }

        Assert.DoesNotContain(hung, _watched.IsScanned);
        _watched.Unwatch(hung[7]);
        _fuse.Dispose();
        _watched.UntilFailed(hung[0], "hung");
        Mounts.Unmount(_watched.At("hung"));
        _watched.Make("hung/0/x");
        _watched.UntilPresent(hung[0], "hung/0/x");
        _watched.UntilFailed(hung[0], null);
    }

    [Fact]
    public void A_pattern_that_begins_to_hang_while_it_is_watched_recovers_with_what_happened_meanwhile()
    {
        _watched.Make("d/a/x");
        PathPattern hung = _watched.Watch("d/*/x"), other = _watched.Watch("d/b/x");
        _watched.UntilPresent(hung, "d/a/x");
        Mounts.Fuse(_fuse, _watched.At("d/a"));
        _watched.Make("d/b/x");
        _watched.UntilPresent(other, "d/b/x");
        _fuse.Dispose();
        Mounts.Unmount(_watched.At("d/a"));
        _watched.UntilPresent(hung, "d/b/x");
        _watched.UntilPresent(hung, "d/a/x");
        _watched.UntilFailed(hung, null);
    }
}
