using System.Text;
using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;

namespace ContainerManager.Tests.Unit.Journaling;

/// <summary>A journal of which the last part is missing, or a byte is wrong: what can be read is kept, and what cannot is said.</summary>
public sealed class JournalTornTests : IDisposable
{
    private static readonly ContainerId Container = new("runtime", "container");
    private static readonly RecordedRequest Request = new("name", "/host/file", "/requested", MountOptions.Default);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("journal-");
    private readonly string _boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
    private readonly byte[] _whole;

    /// <summary>What each line after the first, which names the boot, does to what was recorded before.</summary>
    private readonly Action<HashSet<string>>[] _lines =
    [
        recorded => recorded.Add("/first"),
        recorded => recorded.Add("request"),
        recorded => recorded.Add("/second/with spaces and \u00fcmlauts"),
        recorded => recorded.Remove("/first"),
        recorded => recorded.Add("/third"),
        recorded => recorded.Remove("request"),
        recorded => recorded.Remove("/third"),
        recorded => recorded.Add("/last"),
    ];

    public JournalTornTests()
    {
        using (Journal journal = Journal.Open(_directory.FullName, out _))
        {
            journal.Attaching(Attachment("/first", 11));
            journal.Requested(Request);
            journal.Attaching(Attachment("/second/with spaces and \u00fcmlauts", 12));
            journal.Detached(Attachment("/first", 11));
            journal.Attaching(Attachment("/third", 13) with { Replaces = 9, Options = new MountOptions { ReadOnly = true } });
            journal.Unrequested(Request);
            journal.Left(Attachment("/third", 13));
            journal.Attaching(Attachment("/last", 14) with { Made = [] });
        }

        _whole = File.ReadAllBytes(Journalled);
        Assert.Equal(_lines.Length + 1, _whole.Count((byte)'\n'));
    }

    private string Journalled => Path.Combine(_directory.FullName, "journal");

    private string Damaged => Journalled + ".damaged";

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Cut_anywhere_it_keeps_all_whole_lines_and_the_unfinished_one_is_no_damage()
    {
        for (int length = 0; length <= _whole.Length; length++)
        {
            int lines = _whole.AsSpan(0, length).Count((byte)'\n');
            Assert.Equal(Expected(line => line < lines), Read(_whole[..length], out string? warning));
            Assert.Null(warning);
            Assert.False(File.Exists(Damaged));
        }
    }

    [Fact]
    public void With_any_byte_wrong_it_keeps_all_other_lines_and_says_so()
    {
        for (int at = 0; at < _whole.Length - 1; at++)
        {
            foreach (byte wrong in (ReadOnlySpan<byte>)[0, (byte)'\n'])
            {
                if (wrong != _whole[at])
                {
                    HashSet<int> hit = Hit(at);
                    JournalContent content = Content(at, wrong);
                    Assert.Equal(Expected(line => !hit.Contains(line)), Recorded(content.Of(Container).Attached, content.Requests));
                    Assert.NotEqual(0, content.DamagedLines);
                }
            }
        }
    }

    /// <summary>What can be read still may say another thing than was written: nobody can know, but nothing else suffers.</summary>
    [Fact]
    public void With_any_byte_another_letter_it_keeps_all_other_lines()
    {
        for (int at = 0; at < _whole.Length - 1; at++)
        {
            foreach (byte wrong in (ReadOnlySpan<byte>)[(byte)'"', (byte)'}', (byte)'x', (byte)'1', 0xff])
            {
                HashSet<int> hit = Hit(at);
                IEnumerable<string> others = Expected(line => !hit.Contains(line));

                // What was to take away may still do so.
                string[] untouched = hit.Overlaps([4, 6, 7]) ? [.. others.Except(["/first", "request", "/third"])] : [.. others];
                JournalContent content = Content(at, wrong);
                Assert.Empty(untouched.Except(Recorded(content.Of(Container).Attached, content.Requests)));
            }
        }
    }

    /// <summary>A record that lacks something can be acted on by nobody.</summary>
    [Theory]
    [InlineData("\"target\"", "\"tarxet\"")]
    [InlineData("\"made\"", "\"maxe\"")]
    [InlineData("\"made\":[]", "\"made\":null")]
    [InlineData("\"options\"", "\"xptions\"")]
    [InlineData("{\"attach\"", "{\"attaxh\"")]
    public void With_a_name_wrong_the_line_is_damaged(string name, string wrong)
    {
        string text = Encoding.UTF8.GetString(_whole);
        int last = text.LastIndexOf(name, StringComparison.Ordinal);
        Assert.Equal(
            Expected(line => line != _lines.Length),
            Read(Encoding.UTF8.GetBytes(text[..last] + wrong + text[(last + name.Length)..]), out string? warning));
        Assert.NotNull(warning);
    }

    [Fact]
    public void The_damaged_file_is_kept_and_the_journal_is_whole_again()
    {
        byte[] bytes = [.. _whole];
        bytes[^10] = 0;
        Assert.Equal(Expected(line => line != _lines.Length), Read(bytes, out string? warning));
        Assert.Equal(
            $"{Journalled}: 1 damaged lines were passed over; mounts they spoke of may stay until their container restarts; the file is kept as {Damaged}",
            warning);
        Assert.Equal(bytes, File.ReadAllBytes(Damaged));
        using Journal again = Journal.Open(_directory.FullName, out warning);
        Assert.Null(warning);
    }

    private JournalContent Content(int at, byte wrong)
    {
        byte[] bytes = [.. _whole];
        bytes[at] = wrong;
        return JournalContent.Read(bytes, _boot);
    }

    /// <summary>The lines that a byte belongs to: a line end that is wrong makes one of two.</summary>
    private HashSet<int> Hit(int at)
    {
        int line = _whole.AsSpan(0, at).Count((byte)'\n');
        return _whole[at] == '\n' ? [line, line + 1] : [line];
    }

    /// <param name="isThere">Which lines are there.</param>
    private string[] Expected(Func<int, bool> isThere)
    {
        HashSet<string> recorded = [];
        foreach ((int index, Action<HashSet<string>> happens) in _lines.Index().Where(line => isThere(line.Index + 1)))
        {
            happens(recorded);
        }

        // Nobody knows of which boot the mounts are: they are none of ours.
        return [.. recorded.Where(target => isThere(0) || target == "request").Order(StringComparer.Ordinal)];
    }

    private string[] Read(byte[] bytes, out string? warning)
    {
        File.WriteAllBytes(Journalled, bytes);
        using Journal journal = Journal.Open(_directory.FullName, out warning);
        return Recorded(journal.AttachmentsOf(Container), journal.Requests);
    }

    private static string[] Recorded(IEnumerable<RecordedAttachment> attachments, IEnumerable<RecordedRequest> requests) =>
        [.. attachments.Select(attachment => attachment.Target).Concat(requests.Select(_ => "request")).Order(StringComparer.Ordinal)];

    private static RecordedAttachment Attachment(string target, ulong mountId) =>
        new(Container.Runtime, Container.Value, target, "/host" + target, MountOptions.Default, mountId, ["/made", target]);
}
