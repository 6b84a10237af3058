using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Udev;

namespace ContainerManager.Tests.Unit.Udev;

/// <summary>A sysfs of directories and links, and a database beside it.</summary>
public sealed class DeviceReaderTests : IDisposable
{
    private const string Port = "/devices/usb1/1-2";
    private const string Child = Port + "/hidraw/hidraw0";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cm-test.reader.");
    private readonly DeviceReader _reader;
    private int _old;

    public DeviceReaderTests()
    {
        Directory.CreateDirectory(Sys("/bus/usb"));
        Directory.CreateDirectory(Sys("/class/hidraw"));
        Directory.CreateDirectory(Data);
        _reader = new DeviceReader(Sys(""), Data);
    }

    private string Data => Path.Combine(_directory.FullName, "data");

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Of its own event nothing is heard where rules are about its children only.</summary>
    [Fact]
    public void WhatIsPluggedIntoTheSamePortIsAnotherParent()
    {
        Plug(product: "one", record: "E:MAKER=one");
        Assert.Equal(("one", "one"), (ParentOfChild("PRODUCT"), ParentOfChild("MAKER")));
        Unplug();
        Plug(product: "two", record: "E:MAKER=two");
        Assert.Equal(("two", "two"), (ParentOfChild("PRODUCT"), ParentOfChild("MAKER")));
    }

    [Fact]
    public void AParentThatWasNotThereIsFoundWhenItIs()
    {
        Assert.Empty(OfChild().Parents);
        Plug(product: "one", record: "");
        Assert.Equal("one", ParentOfChild("PRODUCT"));
    }

    [Fact]
    public void WhatUdevSaysOfAParentMeanwhileIsSeen()
    {
        Plug(product: "one", record: "E:MAKER=one");
        Assert.Equal("one", ParentOfChild("MAKER"));
        WriteRecord("E:MAKER=two");
        Assert.Equal("two", ParentOfChild("MAKER"));
    }

    /// <summary>And not read again for each child.</summary>
    [Fact]
    public void AParentThatIsTheSameIsRememberedAsItIs()
    {
        Plug(product: "one", record: "E:MAKER=one");
        Assert.Same(Assert.Single(OfChild().Parents), Assert.Single(OfChild().Parents));
    }

    private string Sys(string path) => Path.Combine(_directory.FullName, "sys") + path;

    private string? ParentOfChild(string property) =>
        Assert.Single(OfChild().Parents).Properties.Where(one => one.Key == property).Select(one => one.Value).SingleOrDefault();

    private Device OfChild() => _reader.OfMessage(UeventMessage.Of([new("ACTION", "add"), new("DEVPATH", Child), new("SUBSYSTEM", "hidraw"), new("SEQNUM", "1")], out _)!);

    private void Plug(string product, string record)
    {
        Directory.CreateDirectory(Sys(Child));
        File.CreateSymbolicLink(Sys(Port + "/subsystem"), Sys("/bus/usb"));
        File.WriteAllText(Sys(Port + "/uevent"), $"PRODUCT={product}\n");
        WriteRecord(record);
    }

    /// <summary>Kept elsewhere: sysfs gives no inode number twice, as other file systems do.</summary>
    private void Unplug() => Directory.Move(Sys(Port), Path.Combine(_directory.FullName, $"old{_old++}"));

    /// <summary>In one step, as udevd does it; what was there is kept elsewhere.</summary>
    private void WriteRecord(string text)
    {
        string file = Path.Combine(Data, "+usb:1-2");
        if (File.Exists(file))
        {
            File.Move(file, Path.Combine(_directory.FullName, $"old{_old++}"));
        }

        File.WriteAllText(file, text + "\n");
    }
}
