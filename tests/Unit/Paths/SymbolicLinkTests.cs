using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

public sealed class SymbolicLinkTests : IDisposable
{
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Fact]
    public void What_a_link_leads_to_is_reported_under_the_links_name()
    {
        Make("target");
        Link("x", "target");
        PathPattern x = _pump.Watch("x");
        Assert.Equal(Model.Identify(_pump.At("target")), _pump.Sink.Of(x)[_pump.At("x")]);
    }

    [Theory]
    [InlineData("x", "real/y")]
    [InlineData("x/y", "real")]
    public void Where_links_are_refused_none_is_followed(string path, string leadsTo)
    {
        Directory.CreateDirectory(_pump.At("real"));
        Make("real/y");
        Link("x", leadsTo);
        PathPattern pattern = new(_pump.At(path), EntriesOfDirectory: false, RefusesLinks: true);
        _pump.Watcher.Watch(pattern);
        _pump.RunLanes();
        Assert.Empty(_pump.Sink.Of(pattern));
        Assert.Contains("is a symbolic link", _pump.Sink.Failed[pattern], StringComparison.Ordinal);
        Assert.Contains("RESOLVE_NO_SYMLINKS", Assert.Throws<KernelException>(() => PlainPath.Open(_pump.At(path))).Message, StringComparison.Ordinal);

        File.Delete(_pump.At("x"));
        Directory.Move(_pump.At(leadsTo), _pump.At("x"));
        _pump.Settle();
        Assert.Equal([_pump.At(path)], _pump.Sink.Paths(pattern));
        Assert.Empty(_pump.Sink.Failed);
        PlainPath.Open(_pump.At(path)).Dispose();
    }

    [Fact]
    public void A_link_waits_for_its_target()
    {
        Link("x", "a/b/target");
        PathPattern x = _pump.Watch("x");
        AssertTrue(x, count: 0);
        Directory.CreateDirectory(_pump.At("a"));
        _pump.Settle();
        Directory.CreateDirectory(_pump.At("a/b"));
        _pump.Settle();
        Make("a/b/target");
        AssertTrue(x, count: 1);
        Directory.Move(_pump.At("a"), _pump.At("away"));
        AssertTrue(x, count: 0);
        Directory.Move(_pump.At("away"), _pump.At("a"));
        AssertTrue(x, count: 1);
    }

    [Fact]
    public void A_target_that_is_replaced_is_a_new_identity()
    {
        Make("elsewhere/target");
        Link("x", _pump.At("elsewhere/target"));
        PathPattern x = _pump.Watch("x");
        Make("new");
        File.Move(_pump.At("new"), _pump.At("elsewhere/target"), overwrite: true);
        AssertTrue(x, count: 1);
        Assert.Equal(0, _pump.Sink.Vanished);
    }

    [Fact]
    public void A_link_replaced_by_rename_leads_elsewhere_without_a_gap()
    {
        Make("one");
        Make("two");
        Link("x", "one");
        PathPattern x = _pump.Watch("x");
        for (int i = 0; i < 200; i++)
        {
            Link("new", i % 2 == 0 ? "two" : "one");
            Kernel.Rename(_pump.At("new"), _pump.At("x"));
            if (i % 3 == 0)
            {
                _pump.ReadAndRun(pieces: 1);
            }
        }

        AssertTrue(x, count: 1);
        Assert.Equal(0, _pump.Sink.Vanished);
    }

    [Fact]
    public void A_chain_of_links_through_directories()
    {
        Make("d1/d2/target");
        Link("a", "d1");
        Link("b", "a/../a/d2/");
        Link("d1/d2/c", "../../b/target");
        Link("x", "b/./c");
        PathPattern x = _pump.Watch("x"), beneath = _pump.Watch("b/*");
        AssertTrue(x, count: 1);
        AssertTrue(beneath, count: 2);
        File.Delete(_pump.At("d1/d2/target"));
        AssertTrue(x, count: 0);
        AssertTrue(beneath, count: 0);
        Make("d1/d2/target");
        AssertTrue(x, count: 1);
        File.Delete(_pump.At("a"));
        AssertTrue(x, count: 0);
        Make("a/d2/target");
        AssertTrue(x, count: 0);
        Make("a/d2/c");
        AssertTrue(x, count: 1);
    }

    [Fact]
    public void An_ancestor_that_is_a_link_may_be_pointed_elsewhere()
    {
        Make("one/x");
        Make("two/x");
        Link("current", "one");
        PathPattern x = _pump.Watch("current/x"), all = _pump.Watch("current", entries: true);
        Link("new", "two");
        Kernel.Rename(_pump.At("new"), _pump.At("current"));
        AssertTrue(x, count: 1);
        AssertTrue(all, count: 1);
        Make("two/y");
        Make("one/z");
        AssertTrue(all, count: 2);
        Assert.Equal(0, _pump.Sink.Vanished);
    }

    [Fact]
    public void A_loop_is_told_and_taken_back_when_it_is_opened()
    {
        Link("x", "y");
        Link("y", "x");
        PathPattern x = _pump.Watch("x");
        AssertTrue(x, count: 0);
        Assert.Contains("symbolic links", _pump.Sink.Failed[x], StringComparison.Ordinal);
        File.Delete(_pump.At("y"));
        Make("y");
        AssertTrue(x, count: 1);
        Assert.Empty(_pump.Sink.Failed);
    }

    [Fact]
    public void Forty_links_are_followed_and_no_more()
    {
        Make("0");
        for (int i = 1; i <= 41; i++)
        {
            Link($"{i}", $"{i - 1}");
        }

        PathPattern last = _pump.Watch("40"), tooFar = _pump.Watch("41");
        AssertTrue(last, count: 1);
        AssertTrue(tooFar, count: 0);
        Assert.Equal([tooFar], _pump.Sink.Failed.Keys);
    }

    private void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_pump.At(path))!);
        File.WriteAllText(_pump.At(path), "");
    }

    private void Link(string path, string target) => File.CreateSymbolicLink(_pump.At(path), target);

    private void AssertTrue(PathPattern pattern, int count)
    {
        _pump.Settle();
        Dictionary<string, FileIdentity> expected = Model.Expand(pattern);
        Assert.Equal(expected.OrderBy(it => it.Key), _pump.Sink.Of(pattern).OrderBy(it => it.Key));
        Assert.Equal(count, expected.Count);
    }
}
