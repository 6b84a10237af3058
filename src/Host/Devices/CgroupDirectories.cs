using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>Where the cgroups of a container are (cgroups(7)).</summary>
internal static class CgroupDirectories
{
    /// <summary>
    /// The directories from that of the container's first process up to the root, in the hierarchy that decides about devices: that of version 1
    /// where its <c>devices</c> controller is mounted, else that of version 2. Null: neither is.
    /// </summary>
    internal static (bool Version2, string[] Levels)? Of(ContainerEntry container)
    {
        MountTableEntry[] mounts = [.. MountTable.OfSelf().Mounts.Where(mount => mount.FileSystemType is "cgroup" or "cgroup2")];
        int first = Array.FindIndex(mounts, mount => mount.FileSystemType == "cgroup" && File.Exists(mount.MountPoint + "/devices.allow"));
        if (first >= 0 && container.Cgroups.TryGetValue("devices", out string? old))
        {
            return (false, Levels(mounts[first], old));
        }

        int second = Array.FindIndex(mounts, mount => mount.FileSystemType == "cgroup2");
        return second >= 0 && container.Cgroups.TryGetValue("", out string? unified) ? (true, Levels(mounts[second], unified)) : null;
    }

    /// <summary>What tells the cgroup that devices are granted in from all others, also from a later one at the same place.</summary>
    internal static string IdentityOf(ContainerEntry container)
    {
        string? directory = Of(container) switch
        {
            { Version2: false, Levels: var levels } => DeviceLists.Outermost(levels),
            { Levels: var levels } => levels[0],
            null => null,
        };
        ulong inode = directory is null ? 0 : FileStatus.OfPath(directory)?.Identity.Inode ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {inode}");
    }

    /// <summary>The directories from a cgroup up to where its hierarchy is mounted.</summary>
    internal static string[] Levels(MountTableEntry mount, string path)
    {
        List<string> levels = [];
        for (string level = mount.PathBeneath(path); level.Length > 0; level = level[..level.LastIndexOf('/')])
        {
            levels.Add(mount.MountPoint + level);
        }

        return [.. levels, mount.MountPoint];
    }
}
