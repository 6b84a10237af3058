using System.Text;
using ContainerManager.Host.Udev;
using CsCheck;

namespace ContainerManager.Tests.Unit.Udev;

/// <summary>The messages of udevd and of the kernel, to the byte; and whatever else may come over a socket.</summary>
public sealed class LibudevFormatTests
{
    private static readonly KeyValuePair<string, string>[] Properties =
    [
        new("ACTION", "add"), new("DEVPATH", "/devices/x/input5"), new("SUBSYSTEM", "input"), new("SEQNUM", "4711"), new("ID_INPUT_JOYSTICK", "1"),
        new("NAME", "\"ünïcode\""),
    ];

    [Theory]
    [InlineData("input", 0xc1a28470)]
    [InlineData("hidraw", 0xc2caf397)]
    [InlineData("usb", 0x0577c5e5)]
    [InlineData("usb_device", 0x27f8f50c)]
    [InlineData("usb_interface", 0xb1024765)]
    [InlineData("drm", 0x16664179)]
    [InlineData("block", 0xf0031db7)]
    [InlineData("disk", 0x7bcbc5ee)]
    [InlineData("partition", 0xcb234489)]
    [InlineData("net", 0xa74d3cc8)]
    [InlineData("sound", 0xd196ab6e)]
    [InlineData("tty", 0x8afa90c8)]
    [InlineData("misc", 0x4b1a4e75)]
    public void Words_have_the_hashes_that_udev_gives_them(string word, uint hash) => Assert.Equal(hash, MurmurHash.Of(word));

    [Theory]
    [InlineData("seat", 0x02080000_00400001)]
    [InlineData("uaccess", 0x00002008_00001008)]
    [InlineData("systemd", 0x02000400_10800000)]
    [InlineData("seat uaccess", 0x02082008_00401009)]
    public void Tags_have_the_bits_that_udev_gives_them(string tags, ulong bits) => Assert.Equal(bits, TagBloom.Of([.. tags.Split(' ')]));

    [Fact]
    public void A_message_is_laid_out_as_libudev_reads_it()
    {
        byte[] message = LibudevFormat.Write(Properties, "input", null, ["seat"]);
        Assert.Equal(
            "6C696275646576 00" + "FEEDCAFE" + "28000000" + "28000000" + "66000000" + "C1A28470" + "00000000" + "02080000" + "00400001",
            Convert.ToHexString(message.AsSpan(0, 40)).Insert(14, " "));
        Assert.Equal("ACTION=add\0DEVPATH=/devices/x/input5\0", Encoding.UTF8.GetString(message, 40, 37));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        UeventMessage message = LibudevFormat.Read(LibudevFormat.Write(Properties, "input", "x", []), out string? fault)!;
        Assert.Null(fault);
        Assert.Equal(Properties, message.Properties);
        Assert.Equal(("add", "/devices/x/input5", "input", 4711ul), (message.Action, message.DevPath, message.Subsystem, message.Sequence));
    }

    [Fact]
    public void A_message_of_the_kernel_is_read()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("add@/devices/virtual/vc/vcs5\0ACTION=add\0DEVPATH=/devices/virtual/vc/vcs5\0SUBSYSTEM=vc\0MAJOR=7\0SEQNUM=12\0");
        Assert.Equal("7", KernelFormat.Read(bytes, out _)!["MAJOR"]);
        Assert.Equal(bytes, KernelFormat.Write("add", "/devices/virtual/vc/vcs5", KernelFormat.Read(bytes, out _)!.Properties.AsSpan()));
    }

    [Theory]
    [InlineData("DEVPATH=/x SUBSYSTEM=a SEQNUM=1", "ACTION")]
    [InlineData("ACTION=add SUBSYSTEM=a SEQNUM=1", "DEVPATH")]
    [InlineData("ACTION=add DEVPATH=x SUBSYSTEM=a SEQNUM=1", "DEVPATH")]
    [InlineData("ACTION=add DEVPATH=/a/../../etc SUBSYSTEM=a SEQNUM=1", "DEVPATH")]
    [InlineData("ACTION=add DEVPATH=/x SEQNUM=1", "SUBSYSTEM")]
    [InlineData("ACTION=add DEVPATH=/x SUBSYSTEM=../a SEQNUM=1", "SUBSYSTEM")]
    [InlineData("ACTION=add DEVPATH=/x SUBSYSTEM=a SEQNUM=0", "SEQNUM")]
    [InlineData("ACTION=add DEVPATH=/x SUBSYSTEM=a", "SEQNUM")]
    public void What_every_message_must_have_is_missed(string properties, string missing)
    {
        byte[] message = LibudevFormat.Write([.. properties.Split(' ').Select(p => new KeyValuePair<string, string>(p.Split('=')[0], p.Split('=')[1]))], "a", null, []);
        Assert.Null(LibudevFormat.Read(message, out string? fault));
        Assert.Contains(missing, fault, StringComparison.Ordinal);
    }

    /// <summary>Cut off, prolonged, and with bytes changed: never an exception, never a message without what a message must have.</summary>
    [Fact]
    public void No_bytes_confuse_the_readers()
    {
        byte[] good = LibudevFormat.Write(Properties, "input", "x", ["seat"]);
        byte[] kernel = KernelFormat.Write("add", "/devices/x", Properties);
        Gen<byte[]> damaged = Gen.Select(Gen.Bool, Gen.Int[0, 400], Gen.Select(Gen.Int[0, 399], Gen.Byte).Array[0, 12], Gen.Byte.Array[0, 40], (ofKernel, length, changes, tail) =>
        {
            byte[] bytes = [.. (ofKernel ? kernel : good).Take(length), .. tail];
            foreach ((int at, byte value) in changes)
            {
                if (at < bytes.Length)
                {
                    bytes[at] = value;
                }
            }

            return bytes;
        });
        Gen.Frequency((3, damaged), (1, Gen.Byte.Array[0, 9000])).Sample(bytes =>
        {
            foreach ((UeventMessage? message, string? fault) in Readings(bytes))
            {
                Assert.True(message is null != fault is null);
                Assert.True(message is null or { Action.Length: > 0, DevPath: ['/', ..], Subsystem.Length: > 0, Sequence: > 0 });
            }
        }, iter: 50_000);
    }

    private static IEnumerable<(UeventMessage?, string?)> Readings(byte[] bytes)
    {
        yield return (LibudevFormat.Read(bytes, out string? fault), fault);
        yield return (KernelFormat.Read(bytes, out fault), fault);
    }
}
