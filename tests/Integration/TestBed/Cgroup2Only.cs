namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Has a program see a machine that has cgroup v2 and nothing else, whatever this one has.</summary>
internal static class Cgroup2Only
{
    /// <summary>Arguments of unshare(1); the program and its arguments follow.</summary>
    internal static string[] Command { get; } =
        ["--mount", "sh", "-c", "umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"", "sh"];
}
