using System.Globalization;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>What a container's device cgroup allows, to be compared with what it allowed before.</summary>
internal static class DevicePolicy
{
    /// <summary>On cgroup v1 its list; on v2 the attached program, instruction for instruction.</summary>
    internal static string[] Of(int processId, bool cgroup2) => cgroup2 ? ProgramOf(processId) : ListOf(processId);

    private static string[] ListOf(int processId) => [.. File.ReadLines($"/sys/fs/cgroup/devices{Cgroup(processId, ":devices:")}/devices.list").Order(StringComparer.Ordinal)];

    private static string[] ProgramOf(int processId)
    {
        using SafeFileHandle directory = OwnDirectory.OpenToRead(MountTable.OfSelf().Mounts.First(mount => mount.FileSystemType == "cgroup2").MountPoint + Cgroup(processId, "0::"));
        using SafeFileHandle program = DeviceProgram.Open(Assert.Single(DeviceProgram.Attached(directory, out _)));
        return [.. DeviceProgram.InstructionsOf(program).Select(instruction => instruction.ToString("x16", CultureInfo.InvariantCulture))];
    }

    internal static string Cgroup(int processId, string hierarchy) =>
        File.ReadLines($"/proc/{processId}/cgroup").First(line => line.Contains(hierarchy, StringComparison.Ordinal)).Split(':', 3)[2];
}
