using System.Buffers;
using System.Text;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Journaling;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Journaling;

/// <summary>A line of the journal says all that a record does, in the words of earlier servers.</summary>
public sealed class JournalLineTests
{
    private static readonly MountOptions Options = new() { ReadOnly = true, NoExec = true, Owner = new FileOwner(1000, 1001), Mode = 0x1b0, Recursive = false };

    private static readonly RecordedAttachment Attachment = new(
        "docker", "abc", "/in/\"quoted\" ü", "/out", Options, ulong.MaxValue, ["/in"], Replaces: 7, new FileIdentity(1, 2, FileKind.BlockDevice, new NodeIdentity(3, 4, 5, 6, 7)), Permission: false);

    private static readonly JournalRecord Whole = new()
    {
        Boot = "boot",
        Attach = Attachment,
        Detach = Attachment with { Target = "/detached" },
        Left = Attachment with { Target = "/left" },
        Forget = "docker:abc",
        Bind = new RecordedRequest("name", "/host", "/there", Options),
        Unbind = new RecordedRequest("name", "/host", "/gone", MountOptions.Default),
    };

    [Fact]
    public void Nothing_is_lost()
    {
        Assert.DoesNotContain(typeof(JournalRecord).GetProperties(), property => property.GetValue(Whole) is null);
        Assert.DoesNotContain(typeof(RecordedAttachment).GetProperties(), property => property.GetValue(Attachment) is null);
        Assert.DoesNotContain(typeof(MountOptions).GetProperties(), property => property.Name != nameof(MountOptions.Default) && Equals(property.GetValue(Options), property.GetValue(MountOptions.Default)));

        JournalRecord read = JournalLine.Read(Encoding.UTF8.GetBytes(LineOf(Whole)));

        Assert.Equal(Whole with { Attach = null, Detach = null, Left = null }, read with { Attach = null, Detach = null, Left = null });
        AssertSame(Whole.Attach, read.Attach);
        AssertSame(Whole.Detach, read.Detach);
        AssertSame(Whole.Left, read.Left);
    }

    [Fact]
    public void What_is_not_said_is_left_out() => Assert.Equal("""
        {"attach":{"runtime":"r","container":"c","target":"/t","source":"/s","options":{"readOnly":false,"noExec":false,"recursive":true},"mountId":1,"made":[]}}

        """, LineOf(new JournalRecord { Attach = new RecordedAttachment("r", "c", "/t", "/s", MountOptions.Default, 1, []) }));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"later":{"an":"other"},"forget":null}""")]
    public void What_it_does_not_know_says_nothing(string line) => Assert.True(JournalLine.Read(Encoding.UTF8.GetBytes(line)).SaysNothing);

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("""{"boot":7}""")]
    [InlineData("""{"boot":"\ud800"}""")]
    [InlineData("""{"attach":{}}""")]
    [InlineData("""{"bind":{"container":null,"source":"/s","target":"/t","options":{"readOnly":false,"noExec":false,"recursive":true}}}""")]
    [InlineData("""{"attach":{"runtime":"r","container":"c","target":"/t","source":"/s","options":{"readOnly":false,"noExec":false,"recursive":true},"mountId":-1,"made":[]}}""")]
    [InlineData("""{"attach":{"runtime":"r","container":"c","target":"/t","source":"/s","options":{"readOnly":false,"noExec":false,"recursive":true},"mountId":1,"made":[null]}}""")]
    public void What_is_damaged_is_no_record(string line) => Assert.Throws<FormatException>(() => JournalLine.Read(Encoding.UTF8.GetBytes(line)));

    private static string LineOf(JournalRecord record)
    {
        ArrayBufferWriter<byte> line = new();
        using Utf8JsonWriter json = new(line);
        JournalLine.Write(record, json, line);
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    private static void AssertSame(RecordedAttachment? expected, RecordedAttachment? actual)
    {
        Assert.Equal(expected!.Made, actual!.Made);
        Assert.Equal(expected, actual with { Made = expected.Made });
    }
}
