using System.Globalization;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Mounts in our own mount namespace, by path. Links in a path are followed: it is our own file system.</summary>
public static class OwnMounts
{
    private const string Top = "/";

    /// <summary>Whoever renames while we look has to win this often in a row to keep the mount.</summary>
    private const int Tries = 256;

    /// <summary>Some ten microseconds at the most.</summary>
    private const int LongestSpin = 2000;

    /// <summary>The mount at a path; null: there is nothing at all.</summary>
    /// <exception cref="KernelException">It may not be looked at.</exception>
    public static ulong? IdAt(string path) => FileStatus.OfPath(path)?.MountId;

    /// <summary>Clones what is mounted somewhere and puts it on a path; in the place of our mount that is there, without a gap where the kernel can.</summary>
    /// <param name="source">Where it is.</param>
    /// <param name="target">A directory for a directory, otherwise a file.</param>
    /// <param name="replaced">The mount id of what is there and goes; 0: nothing does.</param>
    /// <returns>The new mount's id.</returns>
    /// <exception cref="KernelException">EPERM: CAP_SYS_ADMIN is missing. Others of open_tree(2), move_mount(2).</exception>
    public static ulong Attach(string source, string target, ulong replaced)
    {
        using DetachedMount clone = DetachedMount.Clone(source, recursive: true);
        bool replaces = replaced != 0 && IdAt(target) == replaced;
        using (SafeFileHandle place = Open(target))
        {
            if (!replaces || !TryAttachBeneath(clone, place, target))
            {
                if (replaces)
                {
                    Detach(target, replaced);
                }

                using SafeFileHandle bare = Open(target);
                clone.AttachTo(bare, target);
                return clone.Status.MountId;
            }
        }

        Detach(target, replaced);
        return clone.Status.MountId;
    }

    /// <summary>Takes our mount away, which was put on a path; also where somebody has renamed a directory above it meanwhile. One that is gone is no error.</summary>
    /// <exception cref="KernelException">EPERM, EINVAL: it is locked. Or it is there, and cannot be got hold of.</exception>
    public static void Detach(string target, ulong mountId)
    {
        KernelException? failure = null;
        for (int i = 0; i < Tries; i++)
        {
            // Reading the mount table takes long where there are many mounts, and is rarely needed.
            using SafeFileHandle? here = OpenIfOurs(target, mountId);
            string[] namesakes = here is null ? Namesakes(target) : [];
            if (here is null && namesakes.Length == 0)
            {
                return;
            }

            using SafeFileHandle? there = here is null ? namesakes.Select(path => OpenIfOurs(path, mountId)).FirstOrDefault(mount => mount is not null) : null;
            failure = null;
            if ((here ?? there) is { } mount && TryUnmount(mount, target, out failure))
            {
                return;
            }

            // In step with one that renames as often as we look, each try would meet it at the same moment.
            Thread.SpinWait(Random.Shared.Next(LongestSpin));
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>By what is open: the path may lead elsewhere by now. False: it is locked, or has gone meanwhile (EINVAL).</summary>
    /// <exception cref="KernelException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    private static unsafe bool TryUnmount(SafeFileHandle mount, string target, out KernelException? failure)
    {
        using HandleUse use = new(mount);
        using PathBytes bytes = new(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{use.Descriptor}"));
        failure = Libc.umount2(bytes.Pointer, Mount.MNT_DETACH) == 0 ? null : KernelException.Last("umount2", target);
        return failure is null || (failure.Errno == EINVAL ? false : throw failure);
    }

    private static SafeFileHandle? OpenIfOurs(string path, ulong mountId)
    {
        try
        {
            SafeFileHandle there = Open(path);
            if (FileStatus.OfHandle(there).MountId == mountId)
            {
                return there;
            }

            there.Dispose();
        }
        catch (KernelException)
        {
            // Not there, or not for us.
        }

        return null;
    }

    /// <summary>Mount points with the target's last component, which nobody can rename while it is one.</summary>
    private static string[] Namesakes(string target)
    {
        string name = target[target.LastIndexOf('/')..];
        return [.. MountTable.OfSelf().Mounts.Select(mount => mount.MountPoint).Where(path => path.EndsWith(name, StringComparison.Ordinal))];
    }

    /// <summary>Linux 6.5; false: an older one, or what is there is locked.</summary>
    private static unsafe bool TryAttachBeneath(DetachedMount clone, SafeFileHandle place, string path)
    {
        byte empty = 0;
        using HandleUse from = new(clone.Handle), to = new(place);
        const uint Flags = Mount.MOVE_MOUNT_F_EMPTY_PATH | Mount.MOVE_MOUNT_T_EMPTY_PATH | Mount.MOVE_MOUNT_BENEATH;
        return Libc.move_mount(from.Descriptor, &empty, to.Descriptor, &empty, Flags) == 0 ||
            (Marshal.GetLastPInvokeError() == EINVAL ? false : throw KernelException.Last("move_mount(MOVE_MOUNT_BENEATH)", path));
    }

    private static SafeFileHandle Open(string target)
    {
        using SafeFileHandle root = OwnDirectory.Open(Top);
        return RootedPath.Open(root, target) ?? throw new KernelException("open", target, ENOENT);
    }
}
