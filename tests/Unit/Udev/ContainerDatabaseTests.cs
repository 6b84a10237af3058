using ContainerManager.Host.Configuration;
using ContainerManager.Host.DeviceRules;
using ContainerManager.Host.Udev;

namespace ContainerManager.Tests.Unit.Udev;

/// <summary>A container's own udev database: what comes with a device goes with it, whenever a server ends.</summary>
public sealed class ContainerDatabaseTests : IDisposable
{
    private static readonly Device Bus = new() { Path = "/devices/usb1/1-2", Subsystem = "usb", Record = new DatabaseFile("c189:1", [1]) };

    private static readonly Device Port = new()
    {
        Path = "/devices/usb1/1-2/ttyUSB0",
        Subsystem = "tty",
        Tags = ["seat"],
        Record = new DatabaseFile("c188:0", [2]),
        Parents = [Bus],
    };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("database-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void What_a_device_hangs_from_goes_with_it()
    {
        ContainerDatabase database = Introduced();
        Assert.Equal(["c188:0", "c189:1"], Records());

        database.Untell(Port.Path);
        database.Remove(Port.Path);
        Assert.Empty(Records());
        Assert.Empty(Open().Given);
    }

    [Fact]
    public void A_server_that_was_killed_after_it_told_of_the_end_leaves_the_rest_to_the_next()
    {
        Introduced().Untell(Port.Path);

        ContainerDatabase next = Open();
        Assert.Empty(next.Given);
        Assert.Equal(Port.Path, Assert.Single(next.Untold).Path);
        next.Remove(Port.Path);
        Assert.Empty(Records());
        Assert.Empty(Open().Untold);
    }

    private ContainerDatabase Introduced()
    {
        ContainerDatabase database = Open();
        database.Put(Port);
        database.Remember(Port, DeviceAdmission.Whole, told: true);
        return database;
    }

    private ContainerDatabase Open() => new(Path.Combine(_directory.FullName, "udev"), "run");

    private IEnumerable<string> Records() => new DirectoryInfo(Path.Combine(_directory.FullName, "udev/udev/data")).GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal);
}
