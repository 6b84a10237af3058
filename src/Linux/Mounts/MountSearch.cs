using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>
/// Finds a mount by its id: at its target as a rule; beneath another name when somebody has renamed a directory above it. (The name of the mount point itself
/// stays: the kernel lets nobody rename what is mounted upon.)
/// </summary>
public static class MountSearch
{
    /// <summary>Whoever renames while we look has to win this often in a row to keep the mount.</summary>
    private const int Tries = 256;

    /// <summary>Some ten microseconds at the most.</summary>
    private const int LongestSpin = 2000;

    /// <summary>The mount's root, O_PATH; null when it is gone.</summary>
    /// <param name="root">Paths begin there.</param>
    /// <param name="mountPoints">Reads the mount table that belongs to it; not called where the mount is at its target.</param>
    /// <param name="target">Where it was put.</param>
    /// <param name="mountId">As of <see cref="FileStatus.MountId"/>.</param>
    /// <exception cref="KernelException">The target cannot be resolved, and the mount is nowhere else.</exception>
    public static SafeFileHandle? Find(SafeFileHandle root, Func<IEnumerable<string>> mountPoints, string target, ulong mountId)
    {
        KernelException? failure = null;
        string name = target[target.LastIndexOf('/')..];
        for (int i = 0; i < Tries; i++)
        {
            failure = null;
            if (OpenIfIt(root, target, mountId, ref failure) is { } here)
            {
                return here;
            }

            string[] candidates = [.. mountPoints().Where(path => path.EndsWith(name, StringComparison.Ordinal))];
            if (candidates.Length == 0)
            {
                return null;
            }

            KernelException? ignored = null;
            if (candidates.Select(path => OpenIfIt(root, path, mountId, ref ignored)).FirstOrDefault(mount => mount is not null) is { } there)
            {
                return there;
            }

            // In step with one that renames as often as we look, each try would meet it at the same moment.
            Thread.SpinWait(Random.Shared.Next(LongestSpin));
        }

        return failure is null ? null : throw failure;
    }

    private static SafeFileHandle? OpenIfIt(SafeFileHandle root, string path, ulong mountId, ref KernelException? failure)
    {
        try
        {
            SafeFileHandle? mount = RootedPath.Open(root, path);
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
}
