using System.Diagnostics;
using System.Text.Unicode;
using ContainerManager.Host.Paths;
using ContainerManager.Linux;
using CsCheck;

namespace ContainerManager.Tests.Unit.Paths;

public sealed class FileNameTests : IDisposable
{
    private static readonly string Broken = FileName.Decode([(byte)'a', 0xFF, 0xC3]);
    private readonly PathPump _pump = new();

    public void Dispose() => _pump.Dispose();

    [Fact]
    public void Any_bytes_find_their_way_back() => Gen.OneOf(Gen.Byte, Gen.Byte[0x7E, 0xC8], Gen.Byte[0xE0, 0xF5]).Array[0, 12].Sample(bytes =>
    {
        string name = FileName.Decode(bytes);
        return Encoded(name).SequenceEqual(bytes) && FileName.IsText(name) == Utf8.IsValid(bytes);
    });

    [Fact]
    public void Text_is_encoded_as_ever() => Gen.String.Sample(text => !FileName.IsText(text) || FileName.Decode(Encoded(text)) == text);

    [Fact]
    public void A_person_reads_bytes() => Assert.Equal("a\\xFF\\xC3", FileName.Display(Broken));

    [Fact]
    public void A_question_mark_stands_for_one_byte_that_is_no_text() => Assert.True(Glob.Matches("a??", Broken));

    [Fact]
    public void A_name_that_is_no_text_is_told_and_not_passed_over()
    {
        Directory.CreateDirectory(_pump.At("d"));
        PathPattern entries = _pump.Watch("d", entries: true), other = _pump.Watch("d/b*");
        MakeBroken();
        File.WriteAllText(_pump.At("d/fine"), "");
        _pump.Settle();
        Assert.Equal([_pump.At("d/fine")], _pump.Sink.Paths(entries));
        Assert.Contains("d/a\\xFF\\xC3: the name is not valid UTF-8", _pump.Sink.Failed[entries], StringComparison.Ordinal);
        Assert.DoesNotContain(other, _pump.Sink.Failed.Keys);
        Shell("rm -r \"$1\"/d");
        _pump.Settle();
        Assert.Empty(_pump.Sink.Failed);
    }

    [Fact]
    public void A_name_that_is_no_text_is_found_by_the_first_scan_and_its_end_is_heard_of()
    {
        Directory.CreateDirectory(_pump.At("d"));
        MakeBroken();
        PathPattern entries = _pump.Watch("d", entries: true);
        Assert.Contains("\\xFF", _pump.Sink.Failed[entries], StringComparison.Ordinal);
        Shell("rm \"$1\"/d/a*");
        _pump.Settle();
        Assert.Empty(_pump.Sink.Failed);
    }

    // .NET can neither make nor remove such a name.
    private void MakeBroken() => Shell("touch \"$1/d/$(printf 'a\\377\\303')\"");

    private void Shell(string script)
    {
        using Process shell = Process.Start("sh", ["-c", script, "sh", _pump.Root]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    private static byte[] Encoded(string text)
    {
        byte[] bytes = new byte[FileName.ByteCount(text)];
        FileName.Encode(text, bytes);
        return bytes;
    }
}
