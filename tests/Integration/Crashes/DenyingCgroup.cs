using System.Globalization;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>A device cgroup that allows nothing (cgroup v1), and a process in it.</summary>
internal sealed class DenyingCgroup : IDisposable
{
    private readonly TemporaryDirectory _directory = new("denying");
    private readonly int _processId;

    /// <summary>Denies a process, and those that it starts from now on, every device.</summary>
    internal DenyingCgroup(int processId)
    {
        Assert.True(File.Exists("/sys/fs/cgroup/devices/devices.list"), "the devices controller of cgroup v1 is not mounted at /sys/fs/cgroup/devices");
        _processId = processId;
        string path = "/sys/fs/cgroup/devices/" + _directory.Name;
        Directory.CreateDirectory(path);
        File.WriteAllText(path + "/devices.deny", "a");
        File.WriteAllText(path + "/cgroup.procs", processId.ToString(CultureInfo.InvariantCulture));
        Assert.Empty(Allowed);
    }

    /// <summary>What it allows by now.</summary>
    internal string[] Allowed => DevicePolicy.Of(_processId, cgroup2: false);

    /// <summary>To be called when the process has ended.</summary>
    public void Dispose() => _directory.Dispose();
}
