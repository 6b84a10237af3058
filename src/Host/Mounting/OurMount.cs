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

    /// <summary>Which file it shows; null: it is gone, or never was (id 0).</summary>
    /// <exception cref="KernelException">As of <see cref="Find"/>.</exception>
    internal static FileIdentity? IdentityOf(ContainerEntry container, string target, ulong mountId)
    {
        using SafeFileHandle? mount = mountId == 0 ? null : Find(container, target, mountId);
        return mount is null ? null : FileStatus.OfHandle(mount).Identity;
    }

    /// <summary>How many mounts lie on one another at a target.</summary>
    internal static int CountAt(ContainerEntry container, string target) => MountPoints(container).Count(path => path == target);

    /// <summary>All mount points in a container, of whomever.</summary>
    internal static IEnumerable<string> MountPoints(ContainerEntry container) =>
        ProcessIdOf(container) is { } processId ? MountTable.OfProcess(processId).Mounts.Select(mount => mount.MountPoint) : [];

    /// <summary>Opens the mount table of a container's first process.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    internal static SafeFileHandle OpenTable(ContainerEntry container)
    {
        if (ProcessIdOf(container) is { } processId)
        {
            SafeFileHandle table = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/mountinfo"));
            if (ProcessIdOf(container) == processId)
            {
                return table;
            }

            // The number may have been given to another process before we used it.
            table.Dispose();
        }

        throw new IOException("the first process of the container is gone");
    }

    private static int? ProcessIdOf(ContainerEntry container)
    {
        string? pid = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{container.Process.DangerousGetHandle()}"))
            .FirstOrDefault(line => line.StartsWith("Pid:", StringComparison.Ordinal))?[4..].Trim();
        return int.TryParse(pid, CultureInfo.InvariantCulture, out int processId) && processId > 0 ? processId : null;
    }
}
