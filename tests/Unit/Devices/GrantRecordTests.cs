using ContainerManager.Host.Devices;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Unit.Devices;

/// <summary>What is written down of a container's grants when a server ends at any time: all that is ours to take back, and nothing else.</summary>
public sealed class GrantRecordTests : IDisposable
{
    private static readonly DeviceNumber Null = new(false, 1, 3), Full = new(false, 1, 7), Disk = new(true, 7, 0);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("grants-");
    private readonly string _cgroup;

    public GrantRecordTests()
    {
        _cgroup = _directory.CreateSubdirectory("cgroup").FullName;
        File.WriteAllText(Path.Combine(_cgroup, "devices.list"), "c 1:3 rwm\n");
    }

    private string Recorded => Path.Combine(_directory.FullName, "container/grants");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void The_next_one_reads_what_was_written()
    {
        Record().Write([Full, Disk]);
        Assert.Equivalent(new[] { Full, Disk }, Record().Devices);
        Record().Write([]);
        Assert.False(File.Exists(Recorded));
        Assert.Empty(Record().Devices);
    }

    [Fact]
    public void A_damaged_line_is_passed_over()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Recorded)!);
        File.WriteAllText(Recorded, "c 1:7\nc 1:x\nb 99999999999:0\n\0\nb 7:0");
        Assert.Equivalent(new[] { Full, Disk }, Record().Devices);
        File.WriteAllText(Recorded, "\0");
        Record().Write([]);
        Assert.False(File.Exists(Recorded));
    }

    [Fact]
    public void What_the_runtime_allows_is_not_ours_to_take_back()
    {
        Assert.Equal([Full], Lists().Set([Null, Full]));
        Assert.Equal([Full], Record().Devices);
    }

    [Fact]
    public void It_is_written_down_before_it_is_granted()
    {
        RefuseWrites("devices.allow");
        Assert.ThrowsAny<IOException>(() => Lists().Set([Full]));
        Assert.Equal([Full], Record().Devices);
    }

    [Fact]
    public void It_is_forgotten_only_when_it_is_taken_back()
    {
        Record().Write([Full]);
        string deny = RefuseWrites("devices.deny");
        Assert.ThrowsAny<IOException>(() => Lists().Set([]));
        Assert.Equal([Full], Record().Devices);

        File.Delete(deny);
        Lists().Set([]);
        Assert.Equal("c 1:7 rwm", File.ReadAllText(deny));
        Assert.Empty(Record().Devices);
    }

    [Fact]
    public void What_was_granted_in_an_earlier_cgroup_went_with_it()
    {
        Record().Write([Full]);
        GrantRecord next = Record("another");
        Assert.Empty(next.Devices);
        next.Write([]);
        Assert.False(File.Exists(Recorded));
    }

    private GrantRecord Record(string cgroup = "this") => new(Recorded, () => cgroup);

    private string RefuseWrites(string file) => File.CreateSymbolicLink(Path.Combine(_cgroup, file), "/nowhere/at/all").FullName;

    private DeviceLists Lists() => new([_cgroup], Record());
}
