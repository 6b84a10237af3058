using System.Net.Sockets;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

public sealed class PathWatcherTests : IDisposable
{
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Fact]
    public void A_file_that_is_there_is_reported_before_the_end_of_the_first_scan()
    {
        File.WriteAllText(_pump.At("x"), "");
        PathPattern x = _pump.Watch("x");
        Assert.Equal([_pump.At("x")], _pump.Sink.Paths(x));
        Assert.Contains(x, _pump.Sink.Scanned);
    }

    [Fact]
    public void A_file_comes_and_goes_and_comes()
    {
        PathPattern x = _pump.Watch("x");
        for (int round = 1; round <= 3; round++)
        {
            File.WriteAllText(_pump.At("x"), "");
            AssertTrue(x);
            File.Delete(_pump.At("x"));
            AssertTrue(x);
            Assert.Equal((round, round), (_pump.Sink.Appeared - Marks, _pump.Sink.Vanished));
        }
    }

    [Fact]
    public void A_socket_and_a_directory_are_reported_like_files()
    {
        PathPattern socket = _pump.Watch("s"), directory = _pump.Watch("d");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_pump.At("s")));
        Directory.CreateDirectory(_pump.At("d"));
        _pump.Settle();
        Assert.Equal(FileKind.Socket, _pump.Sink.Of(socket)[_pump.At("s")].Kind);
        Assert.Equal(FileKind.Directory, _pump.Sink.Of(directory)[_pump.At("d")].Kind);
    }

    [Fact]
    public void Renaming_over_a_thousand_times_never_says_that_it_is_gone_and_ends_on_the_last()
    {
        File.WriteAllText(_pump.At("x"), "");
        PathPattern x = _pump.Watch("x");
        for (int i = 0; i < 1000; i++)
        {
            File.WriteAllText(_pump.At("new"), "");
            File.Move(_pump.At("new"), _pump.At("x"), overwrite: true);
            if (i % 3 == 0)
            {
                _pump.ReadAndRun(pieces: 1);
            }
        }

        AssertTrue(x);
        Assert.Equal(0, _pump.Sink.Vanished);
    }

    [Fact]
    public void A_directory_deleted_and_made_again_is_watched_again()
    {
        PathPattern x = _pump.Watch("d/x");
        for (int round = 0; round < 5; round++)
        {
            Directory.CreateDirectory(_pump.At("d"));
            AssertTrue(x);
            File.WriteAllText(_pump.At("d/x"), "");
            AssertTrue(x, count: 1);
            Directory.Delete(_pump.At("d"), recursive: true);
            AssertTrue(x, count: 0);
        }
    }

    [Fact]
    public void A_directory_deleted_and_made_again_between_two_reads_is_watched_again()
    {
        Directory.CreateDirectory(_pump.At("d"));
        PathPattern x = _pump.Watch("d/x");
        for (int round = 0; round < 20; round++)
        {
            Directory.Delete(_pump.At("d"), recursive: true);
            Directory.CreateDirectory(_pump.At("d"));
            AssertTrue(x, count: 0);
            File.WriteAllText(_pump.At("d/x"), "");
            AssertTrue(x, count: 1);
        }
    }

    [Fact]
    public void Missing_ancestors_are_awaited_one_after_the_other()
    {
        PathPattern x = _pump.Watch("a/b/c/x");
        foreach (string directory in new[] { "a", "a/b", "a/b/c" })
        {
            Directory.CreateDirectory(_pump.At(directory));
            AssertTrue(x, count: 0);
        }

        File.WriteAllText(_pump.At("a/b/c/x"), "");
        AssertTrue(x, count: 1);
    }

    [Fact]
    public void Missing_ancestors_made_all_at_once_are_walked_down()
    {
        PathPattern x = _pump.Watch("a/b/c/x");
        Directory.CreateDirectory(_pump.At("a/b/c"));
        File.WriteAllText(_pump.At("a/b/c/x"), "");
        AssertTrue(x, count: 1);
    }

    [Fact]
    public void An_ancestor_renamed_away_takes_its_files_with_it_and_back()
    {
        Directory.CreateDirectory(_pump.At("a/b"));
        File.WriteAllText(_pump.At("a/b/x"), "");
        PathPattern x = _pump.Watch("a/b/x");
        Directory.Move(_pump.At("a"), _pump.At("away"));
        AssertTrue(x, count: 0);
        File.WriteAllText(_pump.At("away/b/y"), "");
        Directory.Move(_pump.At("away"), _pump.At("a"));
        AssertTrue(x, count: 1);
        File.Delete(_pump.At("a/b/x"));
        AssertTrue(x, count: 0);
    }

    [Fact]
    public void An_ancestor_exchanged_for_another_is_one_new_identity_and_no_gap()
    {
        Directory.CreateDirectory(_pump.At("a"));
        Directory.CreateDirectory(_pump.At("other"));
        File.WriteAllText(_pump.At("a/x"), "");
        File.WriteAllText(_pump.At("other/x"), "");
        PathPattern x = _pump.Watch("a/x");
        Directory.Move(_pump.At("a"), _pump.At("old"));
        Directory.Move(_pump.At("other"), _pump.At("a"));
        AssertTrue(x, count: 1);
        Assert.Equal((2, 0), (_pump.Sink.Appeared - Marks, _pump.Sink.Vanished));
    }

    [Fact]
    public void Wildcards_on_several_levels()
    {
        PathPattern pattern = _pump.Watch("run/user/*/wayland-[0-9]");
        Directory.CreateDirectory(_pump.At("run/user/1000"));
        Directory.CreateDirectory(_pump.At("run/user/1001"));
        File.WriteAllText(_pump.At("run/user/file"), "");
        foreach (string name in new[] { "1000/wayland-0", "1000/wayland-0.lock", "1001/wayland-1", "1001/wayland-x" })
        {
            File.WriteAllText(_pump.At("run/user/" + name), "");
        }

        AssertTrue(pattern, count: 2);
        Directory.Delete(_pump.At("run/user/1000"), recursive: true);
        AssertTrue(pattern, count: 1);
        Directory.Move(_pump.At("run"), _pump.At("gone"));
        AssertTrue(pattern, count: 0);
    }

    [Fact]
    public void Entries_are_reported_singly_dotfiles_too_but_nothing_deeper()
    {
        PathPattern pattern = _pump.Watch("d", entries: true);
        Directory.CreateDirectory(_pump.At("d/sub"));
        File.WriteAllText(_pump.At("d/sub/deeper"), "");
        File.WriteAllText(_pump.At("d/.hidden"), "");
        _pump.Settle();
        Assert.Equal([_pump.At("d/.hidden"), _pump.At("d/sub")], _pump.Sink.Paths(pattern));
    }

    [Fact]
    public void A_watched_directory_may_become_a_file_and_a_directory_again()
    {
        PathPattern pattern = _pump.Watch("d", entries: true);
        for (int round = 0; round < 3; round++)
        {
            Directory.CreateDirectory(_pump.At("d"));
            File.WriteAllText(_pump.At("d/x"), "");
            File.WriteAllText(_pump.At("d/y"), "");
            AssertTrue(pattern, count: 2);
            Directory.Delete(_pump.At("d"), recursive: true);
            File.WriteAllText(_pump.At("d"), "");
            _pump.Settle();
            Assert.Equal([_pump.At("d")], _pump.Sink.Paths(pattern));
            File.Delete(_pump.At("d"));
            AssertTrue(pattern, count: 0);
        }
    }

    [Fact]
    public void Patterns_that_share_directories_do_not_disturb_each_other()
    {
        PathPattern one = _pump.Watch("d/x"), other = _pump.Watch("d/*"), entries = _pump.Watch("d", entries: true);
        Directory.CreateDirectory(_pump.At("d"));
        File.WriteAllText(_pump.At("d/x"), "");
        AssertTrue(one, count: 1);
        AssertTrue(other, count: 1);
        _pump.Watcher.Unwatch(one);
        File.Delete(_pump.At("d/x"));
        AssertTrue(other, count: 0);
        AssertTrue(entries, count: 0);
        Assert.Single(_pump.Sink.Of(one));
    }

    [Fact]
    public void Unwatching_leaves_no_watch_behind()
    {
        Directory.CreateDirectory(_pump.At("a/b"));
        File.CreateSymbolicLink(_pump.At("link"), "a/b");
        File.WriteAllText(_pump.At("a/b/x"), "");
        PathPattern[] patterns = [_pump.Watch("a/b/x"), _pump.Watch("*/b", entries: true), _pump.Watch("link/x"), _pump.Watch("missing/y")];
        Assert.True(_pump.Watches().Length > _pump.UnrelatedWatches.Length);
        foreach (PathPattern pattern in patterns)
        {
            _pump.Watcher.Unwatch(pattern);
        }

        _pump.RunLanes();
        Assert.Equal(_pump.UnrelatedWatches, _pump.Watches());
    }

    [Fact]
    public void A_directory_that_is_left_is_no_longer_watched()
    {
        Directory.CreateDirectory(_pump.At("a/b"));
        _pump.Watch("a/b/x");
        int before = _pump.Watches().Length;
        Directory.Move(_pump.At("a"), _pump.At("away"));
        _pump.Settle();
        Assert.Equal(before - 2, _pump.Watches().Length);
    }

    [Fact]
    public void Watching_again_after_unwatching_reports_again()
    {
        File.WriteAllText(_pump.At("x"), "");
        PathPattern x = _pump.Watch("x");
        _pump.Watcher.Unwatch(x);
        _pump.Sink.Of(x).Clear();
        _pump.Sink.Scanned.Clear();
        _pump.Watch("x");
        AssertTrue(x, count: 1);
    }

    [Fact]
    public void The_root_directory_can_be_meant()
    {
        PathPattern root = new("/", EntriesOfDirectory: false), entries = new("/", EntriesOfDirectory: true);
        _pump.Watcher.Watch(root);
        _pump.Watcher.Watch(entries);
        _pump.RunLanes();
        Assert.Equal(["/"], _pump.Sink.Paths(root));
        Assert.Contains("/proc", _pump.Sink.Paths(entries));
    }

    [Fact]
    public void What_was_not_found_is_reported_again_as_there_or_as_gone()
    {
        File.WriteAllText(_pump.At("x"), "");
        PathPattern x = _pump.Watch("x");
        _pump.Watcher.Reexamine(x, _pump.At("x"));
        _pump.RunLanes();
        Assert.Equal([$"{_pump.At("x")} appeared twice"], _pump.Sink.Wrong);
        _pump.Sink.Wrong.Clear();

        File.Delete(_pump.At("x"));
        _pump.Watcher.Reexamine(x, _pump.At("x"));
        _pump.RunLanes();
        Assert.Empty(_pump.Sink.Paths(x));
        _pump.Watcher.Reexamine(x, _pump.At("x"));
        _pump.Settle();
        Assert.Equal(1, _pump.Sink.Vanished);
    }

    private int Marks => _pump.Sink.Of(_pump.Marks).Count;

    private void AssertTrue(PathPattern pattern, int? count = null)
    {
        _pump.Settle();
        Dictionary<string, FileIdentity> expected = Model.Expand(pattern);
        Assert.Equal(expected.OrderBy(it => it.Key), _pump.Sink.Of(pattern).OrderBy(it => it.Key));
        Assert.Equal(count ?? expected.Count, expected.Count);
    }
}
