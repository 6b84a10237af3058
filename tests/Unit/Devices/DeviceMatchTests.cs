using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Devices;

/// <summary>Which devices a filter means, with the devices that people have.</summary>
public sealed class DeviceMatchTests
{
    private static readonly Device Hub = OnUsb("/devices/usb1/1-1", "usb_device", ("ID_VENDOR_ID", "1d6b"), ("ID_MODEL_ID", "0002"));
    private static readonly Device Board = OnUsb("/devices/usb1/1-1/1-1.2", "usb_device", ("ID_VENDOR_ID", "2341"), ("ID_MODEL_ID", "0043"), ("ID_SERIAL_SHORT", "A1")) with { Parents = [Hub] };
    private static readonly Device Interface = OnUsb("/devices/usb1/1-1/1-1.2/1-1.2:1.0", "usb_interface") with { Parents = [Board, Hub] };

    private static readonly Device Port = new()
    {
        Path = Interface.Path + "/tty/ttyACM0",
        Subsystem = "tty",
        Node = new DeviceNode("/dev/ttyACM0", new FileIdentity(1, 2, FileKind.CharacterDevice)),
        Tags = ["systemd", "uaccess"],
        Properties = [new("ID_MM_CANDIDATE", "1")],
        Parents = [Interface, Board, Hub],
    };

    private static readonly Device Disk = new() { Path = "/devices/sda", Subsystem = "block", Type = "disk", Node = new DeviceNode("/dev/sda", default) };
    private static readonly Device Partition = new() { Path = "/devices/sda/sda1", Subsystem = "block", Type = "partition", Node = new DeviceNode("/dev/sda1", default), Parents = [Disk] };

    [Fact]
    public void A_device_is_meant_by_what_it_is()
    {
        Assert.True(Means(new DeviceCondition { Subsystem = "tty" }, Port));
        Assert.True(Means(new DeviceCondition { DeviceNode = "/dev/ttyACM*" }, Port));
        Assert.True(Means(new DeviceCondition { Tag = "uaccess" }, Port));
        Assert.True(Means(new DeviceCondition { Properties = Properties(("ID_MM_CANDIDATE", "?")) }, Port));
        Assert.False(Means(new DeviceCondition { DeviceNode = "/dev/tty*/x" }, Port));
        Assert.False(Means(new DeviceCondition { Subsystem = "tty", Tag = "seat" }, Port));
        Assert.False(Means(new DeviceCondition { Properties = Properties(("ID_NONE", "*")) }, Port));
    }

    [Fact]
    public void Maker_model_and_serial_number_are_those_of_the_nearest_thing_that_says()
    {
        Assert.True(Means(new DeviceCondition { Subsystem = "tty", Vendor = "2341", Product = "0x0043", Serial = "a1" }, Port));
        Assert.False(Means(new DeviceCondition { Subsystem = "tty", Vendor = "1d6b" }, Port));
    }

    [Fact]
    public void What_hangs_from_a_device_goes_with_it()
    {
        DeviceMatch match = DeviceMatch.Of(Filter(new DeviceCondition { Subsystem = "usb", Vendor = "2341" }), Port)!;
        Assert.Equal(Interface, match.Through);
        Assert.True(Means(new DeviceCondition { DeviceNode = "/dev/sda" }, Partition));
        Assert.True(Means(new DeviceCondition { Subsystem = "block", DeviceType = "disk" }, Partition));
        Assert.False(Means(new DeviceCondition { DeviceNode = "/dev/sda1" }, Disk));
    }

    [Fact]
    public void What_is_plugged_into_a_hub_is_a_device_of_its_own() =>
        Assert.False(Means(new DeviceCondition { DeviceType = "usb_device", Vendor = "1d6b" }, Port));

    [Fact]
    public void A_parent_is_looked_for_at_any_distance()
    {
        Assert.True(Means(new DeviceCondition { Subsystem = "tty", Parent = new DeviceCondition { DeviceType = "usb_device", Vendor = "1d6b" } }, Port));
        Assert.False(Means(new DeviceCondition { Subsystem = "tty", Parent = new DeviceCondition { Subsystem = "pci" } }, Port));
    }

    [Fact]
    public void What_does_not_fit_is_said()
    {
        Assert.Equal("subsystem is tty, not block", ConditionCheck.Mismatch(new DeviceCondition { Subsystem = "block" }, Port));
        Assert.Equal("vendor is 2341, not 046d", ConditionCheck.Mismatch(new DeviceCondition { Vendor = "046d" }, Port));
        Assert.Equal("property ID_X is not set, not *", ConditionCheck.Mismatch(new DeviceCondition { Properties = Properties(("ID_X", "*")) }, Port));
    }

    private static bool Means(DeviceCondition condition, Device device) => DeviceMatch.Of(Filter(condition), device) is not null;

    private static UdevFilter Filter(DeviceCondition condition) => new(condition, DeviceAdmission.Whole);

    private static ImmutableSortedDictionary<string, string> Properties(params (string Name, string Glob)[] properties) =>
        properties.ToImmutableSortedDictionary(property => property.Name, property => property.Glob);

    private static Device OnUsb(string path, string type, params (string Name, string Value)[] properties) => new()
    {
        Path = path,
        Subsystem = "usb",
        Type = type,
        OnBus = true,
        Properties = [.. properties.Select(property => new KeyValuePair<string, string>(property.Name, property.Value))],
    };
}
