using System.Net.Sockets;
using ContainerManager.Host.Paths;

namespace ContainerManager.Tests.Integration.Paths;

public sealed class MountTests : IDisposable
{
    private readonly WatchedDirectory _watched = new();

    public void Dispose() => _watched.Dispose();

    [Fact]
    public void Login_and_logout_again_and_again()
    {
        const string Home = "run/user/4242", Name = Home + "/wayland-0";
        PathPattern exact = _watched.Watch(Name), wildcard = _watched.Watch("run/user/*/wayland-*"), entries = _watched.Watch(Home, entries: true);
        for (int round = 0; round < 5; round++)
        {
            Directory.CreateDirectory(_watched.At(Home));
            Mounts.Tmpfs(_watched.At(Home));
            using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                socket.Bind(new UnixDomainSocketEndPoint(_watched.At(Name)));
                foreach (PathPattern pattern in new[] { exact, wildcard, entries })
                {
                    _watched.UntilPresent(pattern, Name);
                }
            }

            if (round % 2 == 0)
            {
                _watched.Make(Name);
            }

            Mounts.Unmount(_watched.At(Home));
            foreach (PathPattern pattern in new[] { exact, wildcard, entries })
            {
                _watched.UntilAbsent(pattern, Name);
            }

            if (round % 2 == 0)
            {
                Directory.Delete(_watched.At(Home));
            }
        }
    }

    [Fact]
    public void What_a_mount_over_an_ancestor_hides_is_gone_and_comes_back()
    {
        _watched.Make("a/b/c/x");
        PathPattern x = _watched.Watch("a/b/c/x");
        _watched.UntilPresent(x, "a/b/c/x");
        Mounts.Tmpfs(_watched.At("a"));
        _watched.UntilAbsent(x, "a/b/c/x");
        _watched.Make("a/b/c/x");
        _watched.UntilPresent(x, "a/b/c/x");
        Mounts.Unmount(_watched.At("a"));
        _watched.UntilPresent(x, "a/b/c/x");
        File.Delete(_watched.At("a/b/c/x"));
        _watched.UntilAbsent(x, "a/b/c/x");
    }

    [Fact]
    public void A_bind_mount_shows_another_directory_and_its_changes()
    {
        _watched.Make("source/x");
        Directory.CreateDirectory(_watched.At("d"));
        PathPattern x = _watched.Watch("d/x"), entries = _watched.Watch("d", entries: true), same = _watched.Watch("source/x");
        Mounts.Bind(_watched.At("source"), _watched.At("d"));
        _watched.UntilPresent(x, "d/x");
        File.Delete(_watched.At("source/x"));
        _watched.UntilAbsent(x, "d/x");
        _watched.UntilAbsent(same, "source/x");
        _watched.Make("source/x");
        _watched.UntilPresent(x, "d/x");
        _watched.UntilPresent(entries, "d/x");
        Mounts.Unmount(_watched.At("d"));
        _watched.UntilAbsent(x, "d/x");
        _watched.UntilAbsent(entries, "d/x");
        _watched.UntilPresent(same, "source/x");
    }

    [Fact]
    public void A_mount_over_the_path_itself_is_a_new_identity()
    {
        _watched.Make("d/x");
        _watched.Make("other");
        PathPattern x = _watched.Watch("d/x"), entries = _watched.Watch("d", entries: true);
        Mounts.Bind(_watched.At("other"), _watched.At("d/x"));
        _watched.UntilPresent(x, "d/x");
        _watched.UntilPresent(entries, "d/x");
        Mounts.Unmount(_watched.At("d/x"));
        _watched.UntilPresent(x, "d/x");
        _watched.UntilPresent(entries, "d/x");
    }

    [Fact]
    public void A_mount_that_is_moved_takes_its_files_along()
    {
        Directory.CreateDirectory(_watched.At("a"));
        Directory.CreateDirectory(_watched.At("b"));
        PathPattern a = _watched.Watch("a/x"), b = _watched.Watch("b/x");
        Mounts.Tmpfs(_watched.At("a"));
        _watched.Make("a/x");
        _watched.UntilPresent(a, "a/x");
        Mounts.Move(_watched.At("a"), _watched.At("b"));
        _watched.UntilAbsent(a, "a/x");
        _watched.UntilPresent(b, "b/x");
    }

    [Fact]
    public void Mounts_that_follow_each_other_faster_than_anybody_looks_end_right()
    {
        Directory.CreateDirectory(_watched.At("d"));
        PathPattern x = _watched.Watch("d/x");
        Mounts.Tmpfs(_watched.At("d"));
        for (int round = 0; round < 100; round++)
        {
            // The kernel gives the new mount the old one's ids.
            Mounts.Unmount(_watched.At("d"));
            Mounts.Tmpfs(_watched.At("d"));
            _watched.Make("d/x");
        }

        _watched.UntilPresent(x, "d/x");
        File.Delete(_watched.At("d/x"));
        _watched.UntilAbsent(x, "d/x");
    }

    [Fact]
    public void A_mount_where_a_symbolic_link_leads_is_seen()
    {
        Directory.CreateDirectory(_watched.At("real/deep"));
        File.CreateSymbolicLink(_watched.At("link"), "real");
        File.CreateSymbolicLink(_watched.At("file"), "real/deep/x");
        PathPattern through = _watched.Watch("link/deep/x"), end = _watched.Watch("file");
        Mounts.Tmpfs(_watched.At("real/deep"));
        _watched.Make("real/deep/x");
        _watched.UntilPresent(through, "link/deep/x");
        Until(end, present: true);
        Mounts.Tmpfs(_watched.At("real"));
        _watched.UntilAbsent(through, "link/deep/x");
        Until(end, present: false);
        Mounts.Unmount(_watched.At("real"));
        _watched.UntilPresent(through, "link/deep/x");
        Until(end, present: true);

        void Until(PathPattern pattern, bool present) => _watched.UntilReported(pattern, "file", present ? "real/deep/x" : null);
    }
}
