using System.Globalization;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Paths;

/// <summary>A pattern may ask for changes in place; others of the same directory hear nothing of them, nor does anybody of the directories above.</summary>
public sealed class ContentTests : IDisposable
{
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Theory]
    [InlineData("content", "file")]
    [InlineData("mode", "file")]
    [InlineData("content", "link")]
    [InlineData("mode", "link")]
    public void A_change_in_place_is_reported_to_who_asked(string what, string name)
    {
        RecordingSinkCount counted = new();
        string file = Directory.CreateDirectory(_pump.At("far/away")).FullName + "/file";
        string watched = Directory.CreateDirectory(_pump.At("watched")).FullName;
        if (name == "link")
        {
            File.CreateSymbolicLink(_pump.At("watched/link"), "../far/away/file");
        }
        else
        {
            file = _pump.At("watched/file");
        }

        File.WriteAllText(file, "1");
        _pump.Watcher.Watch(All(watched), counted);
        _pump.Watch("watched", entries: true); // Would hear the same report twice, which its sink calls wrong.
        _pump.Settle();
        int before = counted.Appeared;

        if (what == "content")
        {
            File.WriteAllText(file, "2");
        }
        else
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        _pump.Until(() => counted.Appeared > before);
        _pump.Settle();
    }

    /// <summary>Whoever writes above the directory, or on the way of a link, must not wake us.</summary>
    [Fact]
    public void Only_where_it_is_wanted_is_the_kernel_asked_for_content()
    {
        string directory = Directory.CreateDirectory(_pump.At("above/watched")).FullName;
        File.WriteAllText(Directory.CreateDirectory(_pump.At("far/away")).FullName + "/file", "1");
        File.CreateSymbolicLink(directory + "/link", "../../far/away/file");
        _pump.Watcher.Watch(All(directory), new RecordingSinkCount());
        _pump.Watcher.Watch(new PathPattern(directory, EntriesOfDirectory: false, IsLiteral: true, InPlaceChanges.Attributes), new RecordingSinkCount());
        _pump.Settle();

        Assert.Equal(InPlaceChanges.Attributes | InPlaceChanges.Content, AskedOf(directory));
        Assert.Equal(InPlaceChanges.Attributes | InPlaceChanges.Content, AskedOf(_pump.At("far/away")));
        Assert.Equal(InPlaceChanges.Attributes, AskedOf(_pump.At("above")));
        Assert.Equal(InPlaceChanges.None, AskedOf(_pump.At("far")));
        Assert.Equal(InPlaceChanges.None, AskedOf(_pump.Root));
    }

    private static PathPattern All(string directory) =>
        new(directory, EntriesOfDirectory: true, IsLiteral: true, InPlaceChanges.Attributes | InPlaceChanges.Content);

    /// <summary>What fdinfo says of the watch on a directory (proc_pid_fdinfo(5)): <c>inotify wd:2 ino:… sdev:… mask:…</c>, in hexadecimal.</summary>
    private InPlaceChanges AskedOf(string directory)
    {
        string inode = $"ino:{FileStatus.OfPath(directory)!.Value.Identity.Inode:x} ";
        string line = Assert.Single(
            File.ReadAllLines($"/proc/self/fdinfo/{_pump.Watcher.Notifications.Handle.DangerousGetHandle()}"),
            line => line.Contains(inode, StringComparison.Ordinal));
        uint mask = uint.Parse(line.Split("mask:")[1].Split(' ')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (InPlaceChanges)mask & (InPlaceChanges.Attributes | InPlaceChanges.Content);
    }

    private sealed class RecordingSinkCount : IPathSink
    {
        internal int Appeared { get; private set; }

        public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => Appeared++;

        public void PathVanished(PathPattern pattern, string path)
        {
        }

        public void PatternFailed(PathPattern pattern, string? reason)
        {
        }
    }
}
