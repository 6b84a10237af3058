using System.Globalization;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Diagnosis;

/// <summary>What the kernel and the host's set-up give the server. Each check is short and changes nothing.</summary>
internal static class HostChecks
{
    private static readonly Version s_oldest = new(5, 12);
    private static readonly Version s_beneath = new(6, 5);
    private static readonly Version s_uniqueIds = new(6, 8);

    /// <summary>CAP_* (capabilities(7)) that are used, and what for.</summary>
    private static readonly (int Number, string Name, string Need)[] s_capabilities =
    [
        (1, "CAP_DAC_OVERRIDE", "to make mount points in directories of any owner"),
        (2, "CAP_DAC_READ_SEARCH", "to see paths of any owner"),
        (0, "CAP_CHOWN", "to give device nodes their owner"),
        (12, "CAP_NET_ADMIN", "to send udev events into containers"),
        (18, "CAP_SYS_CHROOT", "to enter mount namespaces"),
        (19, "CAP_SYS_PTRACE", "to open the namespaces and the root of other users' processes"),
        (21, "CAP_SYS_ADMIN", "to mount, and to enter namespaces"),
        (27, "CAP_MKNOD", "to make device nodes"),
    ];

    internal static IEnumerable<DoctorCheck> All(string bindRoot, string client, string pluginDirectory) =>
    [
        Kernel(), Privileges(), Cgroups(), Inotify(), Descriptors(), Udev(), ManualClients(bindRoot), Client(client), Plugins(pluginDirectory),
    ];

    private static DoctorCheck Kernel()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        Version version = Version.TryParse(string.Join('.', release.Split('.', '-', '+').Take(2)), out Version? parsed) ? parsed : new Version(0, 0);
        return version < s_oldest ? Failed("kernel", $"Linux {release}", $"mounting needs Linux {s_oldest} or newer: update it")
            : version < s_beneath ? Note("kernel", $"Linux {release}: a file that is replaced is away for a moment inside", $"Linux {s_beneath} or newer leaves no gap")
            : version < s_uniqueIds ? Note("kernel", $"Linux {release}: mount ids may be used again", $"Linux {s_uniqueIds} or newer has ids that are not")
            : Ok("kernel", $"Linux {release}");
    }

    private static DoctorCheck Privileges()
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string[] missing = [.. s_capabilities.Where(capability => (effective >> capability.Number & 1) == 0).Select(capability => $"{capability.Name} ({capability.Need})")];
        return missing.Length == 0
            ? Ok("privileges", $"user {OwnProcess.EffectiveUser}, with all capabilities that are needed")
            : Failed("privileges", $"missing: {string.Join(", ", missing)}", "start the server as root, and leave these to it (CapabilityBoundingSet= of its unit)");
    }

    private static DoctorCheck Cgroups()
    {
        MountTableEntry[] mounts = [.. MountTable.OfSelf().Mounts.Where(mount => mount.FileSystemType is "cgroup" or "cgroup2")];
        bool v1 = Array.Exists(mounts, mount => mount.FileSystemType == "cgroup"), v2 = Array.Exists(mounts, mount => mount.FileSystemType == "cgroup2");
        return (v1, v2) switch
        {
            (true, true) => Ok("cgroups", "version 1 and 2 (hybrid): devices are permitted through version 1's lists"),
            (true, false) => Ok("cgroups", "version 1: devices are permitted through its lists"),
            (false, true) => Ok("cgroups", "version 2: devices are permitted through BPF programs"),
            _ => Failed("cgroups", "no cgroup file system is mounted", "mount one: mount -t cgroup2 none /sys/fs/cgroup"),
        };
    }

    private static DoctorCheck Inotify()
    {
        string instances = Sysctl("fs/inotify/max_user_instances"), watches = Sysctl("fs/inotify/max_user_watches");
        return long.TryParse(watches, CultureInfo.InvariantCulture, out long number) && number < 8192
            ? Note("inotify", $"{watches} watches, {instances} instances", "many rules or large directories need more: sysctl fs.inotify.max_user_watches=65536")
            : Ok("inotify", $"{watches} watches, {instances} instances");
    }

    private static DoctorCheck Descriptors()
    {
        string line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        int open = Directory.GetFiles("/proc/self/fd").Length;
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long limit) && open * 2L > limit
            ? Note("open files", $"{open} of {soft}", "each container needs about ten: raise LimitNOFILE= of the server's unit")
            : Ok("open files", $"{open} of {soft}");
    }

    private static DoctorCheck Udev() => UdevMonitor.UdevdRuns
        ? Ok("udev", "udevd runs")
        : Note("udev", "no udevd runs: devices come with the kernel's properties only", "filters by tag, vendor or ID_* properties need systemd-udevd");

    private static DoctorCheck ManualClients(string bindRoot) => Directory.Exists(bindRoot)
        ? Ok("bind root", $"{bindRoot} is offered to clients that are started by hand")
        : Ok("bind root", $"{bindRoot} is not there, and needed only for containers that the server may not enter");

    private static DoctorCheck Client(string client) => File.Exists(client)
        ? Ok("client", client)
        : Failed("client", $"{client} is missing: nothing can be run in containers", "install it beside the server");

    private static DoctorCheck Plugins(string directory) => Directory.Exists(directory)
        ? Ok("plugins", directory)
        : Failed("plugins", $"{directory} is missing: no runtime is known", "install the plugins beside the server, or name their directory (pluginDirectory)");

    private static string Sysctl(string name)
    {
        string path = $"/proc/sys/{name}";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "unknown";
    }

    private static DoctorCheck Ok(string subject, string detail) => new(subject, "ok", detail, null);

    private static DoctorCheck Note(string subject, string detail, string remedy) => new(subject, "note", detail, remedy);

    private static DoctorCheck Failed(string subject, string detail, string remedy) => new(subject, "failed", detail, remedy);
}
