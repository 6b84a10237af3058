using ContainerManager.Protocol;
using CsCheck;

namespace ContainerManager.Tests.Unit.Protocol;

/// <summary>Frames and their messages: what is written is read again, and nothing else confuses the reader.</summary>
public sealed class MessageTests
{
    private static readonly RunRequest Request = new(["sh", "-c", "echo ü"], ["A=1"], "/srv", "1000:44", new TerminalSize(24, 80));

    [Fact]
    public void A_header_is_read_as_it_was_written()
    {
        byte[] bytes = new byte[FrameHeader.Size];
        FrameHeader header = new(FrameKind.Output, 0xFFFFFFFE, FrameHeader.LongestBody);
        header.Write(bytes);
        Assert.Equal(header, FrameHeader.Read(bytes));
        Assert.Equal("00000100" + "0A000000" + "FEFFFFFF", Convert.ToHexString(bytes));
    }

    [Fact]
    public void A_message_is_read_as_it_was_written()
    {
        RunRequest read = MessageFormat.Read<RunRequest>(MessageFormat.Write(FrameKind.Run, 1, Request).Body);
        Assert.Equal(Request.Command, read.Command);
        Assert.Equal(Request.Environment, read.Environment);
        Assert.Equal((Request.WorkingDirectory, Request.User, Request.Terminal), (read.WorkingDirectory, read.User, read.Terminal));
        RunRequest bare = MessageFormat.Read<RunRequest>(MessageFormat.Write(FrameKind.Run, 1, new RunRequest(["x"], [], null, null, null)).Body);
        Assert.Equal((null, null, null), (bare.WorkingDirectory, bare.User, bare.Terminal));
    }

    [Fact]
    public void A_message_that_is_too_long_is_not_sent() =>
        Assert.Throws<ArgumentException>(() => MessageFormat.Write(FrameKind.Run, 1, new RunRequest([new string('x', FrameHeader.LongestBody)], [], null, null, null)));

    [Theory]
    [InlineData("01000100" + "0A000000" + "01000000")]
    [InlineData("FFFFFFFF" + "0A000000" + "01000000")]
    [InlineData("00000000" + "00000000" + "01000000")]
    [InlineData("00000000" + "16000000" + "01000000")]
    [InlineData("00000000" + "0A010000" + "01000000")]
    public void A_header_that_is_none_is_refused(string bytes) => Assert.Throws<ProtocolException>(() => FrameHeader.Read(Convert.FromHexString(bytes)));

    /// <summary>Cut off, prolonged, and with bytes changed: a message, or a <see cref="ProtocolException"/>, and nothing else.</summary>
    [Fact]
    public void No_bytes_confuse_the_reader()
    {
        byte[] good = MessageFormat.Write(FrameKind.Run, 1, Request).Body.ToArray();
        Gen<byte[]> damaged = Gen.Select(Gen.Int[0, good.Length], Gen.Select(Gen.Int[0, good.Length], Gen.Byte).Array[0, 6], Gen.Byte.Array[0, 12], (length, changes, tail) =>
        {
            byte[] bytes = [.. good.Take(length), .. tail];
            foreach ((int at, byte value) in changes)
            {
                if (at < bytes.Length)
                {
                    bytes[at] = value;
                }
            }

            return bytes;
        });
        damaged.Sample(bytes => Understood<RunRequest>(bytes) is var _ && Understood<Hello>(bytes) is var _ && Understood<TerminalSize>(bytes) is var _, iter: 50_000);
    }

    private static bool Understood<T>(byte[] bytes)
        where T : IMessage<T>
    {
        try
        {
            _ = MessageFormat.Read<T>(bytes);
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }
}
