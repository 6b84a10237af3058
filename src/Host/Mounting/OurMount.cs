using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>The mounts of ours in a container.</summary>
internal static class OurMount
{
    /// <summary>The mount's root, O_PATH; null when it is gone.</summary>
    /// <exception cref="KernelException">The target cannot be resolved, and the mount is nowhere else.</exception>
    internal static SafeFileHandle? Find(ContainerEntry container, string target, ulong mountId) =>
        MountSearch.Find(container.Root, () => MountPoints(container), target, mountId);

    /// <summary>How many mounts lie on one another at a target.</summary>
    internal static int CountAt(ContainerEntry container, string target) => MountPoints(container).Count(path => path == target);

    private static IEnumerable<string> MountPoints(ContainerEntry container)
    {
        string? pid = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{container.Process.DangerousGetHandle()}"))
            .FirstOrDefault(line => line.StartsWith("Pid:", StringComparison.Ordinal))?[4..].Trim();
        return pid is null || !int.TryParse(pid, CultureInfo.InvariantCulture, out int processId) || processId <= 0
            ? []
            : MountTable.OfProcess(processId).Mounts.Select(mount => mount.MountPoint);
    }
}
