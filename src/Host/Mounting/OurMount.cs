using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// Finds a mount of ours in a container by its id: at its target as a rule; beneath another name when the container has renamed a directory
/// above it. (The name of the mount point itself stays: the kernel lets nobody rename what is mounted upon.)
/// </summary>
internal static class OurMount
{
    /// <summary>A container that renames while we look has to win this often in a row to keep the mount.</summary>
    private const int Tries = 256;

    /// <summary>Some ten microseconds at the most.</summary>
    private const int LongestSpin = 2000;

    /// <summary>The mount's root, O_PATH; null when it is gone.</summary>
    /// <exception cref="KernelException">The target cannot be resolved, and the mount is nowhere else.</exception>
    internal static SafeFileHandle? Find(ContainerEntry container, string target, ulong mountId)
    {
        KernelException? failure = null;
        for (int i = 0; i < Tries; i++)
        {
            failure = null;
            if (OpenIfOurs(container, target, mountId, ref failure) is { } here)
            {
                return here;
            }

            string[] candidates = Namesakes(container, target);
            if (candidates.Length == 0)
            {
                return null;
            }

            KernelException? ignored = null;
            if (candidates.Select(path => OpenIfOurs(container, path, mountId, ref ignored)).FirstOrDefault(mount => mount is not null) is { } there)
            {
                return there;
            }

            // In step with one that renames as often as we look, each try would meet it at the same moment.
            Thread.SpinWait(Random.Shared.Next(LongestSpin));
        }

        return failure is null ? null : throw failure;
    }

    private static SafeFileHandle? OpenIfOurs(ContainerEntry container, string path, ulong mountId, ref KernelException? failure)
    {
        try
        {
            SafeFileHandle? mount = RootedPath.Open(container.Root, path);
            if (mount is not null && FileStatus.OfHandle(mount).MountId == mountId)
            {
                return mount;
            }

            mount?.Dispose();
        }
        catch (KernelException e)
        {
            failure = e;
        }

        return null;
    }

    /// <summary>How many mounts lie on one another at a target.</summary>
    internal static int CountAt(ContainerEntry container, string target) => MountPoints(container).Count(path => path == target);

    /// <summary>Mount points in the container with the target's last component.</summary>
    private static string[] Namesakes(ContainerEntry container, string target)
    {
        string name = target[target.LastIndexOf('/')..];
        return [.. MountPoints(container).Where(path => path.EndsWith(name, StringComparison.Ordinal))];
    }

    private static IEnumerable<string> MountPoints(ContainerEntry container)
    {
        string? pid = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{container.Process.DangerousGetHandle()}"))
            .FirstOrDefault(line => line.StartsWith("Pid:", StringComparison.Ordinal))?[4..].Trim();
        return pid is null || !int.TryParse(pid, CultureInfo.InvariantCulture, out int processId) || processId <= 0
            ? []
            : MountTable.OfProcess(processId).Mounts.Select(mount => mount.MountPoint);
    }
}
