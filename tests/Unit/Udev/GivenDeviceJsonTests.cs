using System.Text;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Udev;

/// <summary>What is written down of a device that a container was given is read again, all of it.</summary>
public sealed class GivenDeviceJsonTests
{
    private static readonly DeviceAdmission Admission = new()
    {
        Exclusive = true,
        Owner = new FileOwner(1, 2),
        Mode = 3,
        Node = false,
        Permission = false,
        Database = false,
        Events = false,
    };

    private static readonly GivenDevice Given = new(
        "/devices/x", "tty", "type", "7", "/dev/x", new FileIdentity(1, 2, FileKind.CharacterDevice, new NodeIdentity(3, 4, 5, 6, 7)), ["/dev/link"], ["seat"], ["NAME"], ["value ü \"\n"], true, ["c4:7"], Admission);

    [Fact]
    public void Nothing_is_lost()
    {
        Assert.DoesNotContain(typeof(GivenDevice).GetProperties(), property => property.GetValue(Given) is null);
        Assert.DoesNotContain(typeof(DeviceAdmission).GetProperties(), property => Equals(property.GetValue(Admission), property.GetValue(DeviceAdmission.Whole)));

        GivenDevice read = GivenDeviceJson.Read(GivenDeviceJson.Write(Given));

        Assert.True(Given.SaysTheSameAs(read));
        Assert.Equal(
            Given,
            read with { Links = Given.Links, Tags = Given.Tags, Names = Given.Names, Values = Given.Values, Records = Given.Records });
    }

    [Fact]
    public void What_an_earlier_server_has_written_is_read()
    {
        GivenDevice read = GivenDeviceJson.Read("""
            {"path":"/devices/x","subsystem":"net","incarnation":"7","node":{"device":0,"inode":0,"kind":0,"node":{"major":0,"minor":0,"mode":0,"owner":0,"group":0},"isDevice":false},
            "links":[],"tags":[],"names":[],"values":[],"told":true,"records":["n1"]}
            """u8.ToArray());

        Assert.Equal(("/devices/x", null, null, null), (read.Path, read.Type, read.NodePath, read.Admission));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"path":"/devices/x"}""")]
    public void What_is_damaged_is_none(string text) => Assert.Throws<FormatException>(() => GivenDeviceJson.Read(Encoding.UTF8.GetBytes(text)));
}
