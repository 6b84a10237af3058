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

    /// <summary>The mount at a path; null: there is nothing at all.</summary>
    /// <exception cref="KernelException">It may not be looked at.</exception>
    public static ulong? IdAt(string path) => FileStatus.OfPath(path)?.MountId;

    /// <summary>Puts a mount on a path; in the place of our mount that is there, without a gap where the kernel can.</summary>
    /// <param name="clone">The mount.</param>
    /// <param name="target">A directory for a directory, otherwise a file.</param>
    /// <param name="replaced">The mount id of what is there and goes; 0: nothing does.</param>
    /// <exception cref="KernelException">EPERM: CAP_SYS_ADMIN is missing. Others of move_mount(2).</exception>
    public static void Attach(DetachedMount clone, string target, ulong replaced)
    {
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
                return;
            }
        }

        Detach(target, replaced);
    }

    /// <summary>Takes our mount away, which was put on a path; also where somebody has renamed a directory above it meanwhile. One that is gone is no error.</summary>
    /// <exception cref="KernelException">EPERM, EINVAL: it is locked. Or it is there, and cannot be got hold of.</exception>
    public static void Detach(string target, ulong mountId)
    {
        if (!TryDetach(target, mountId, out _) && !TryDetach(target, mountId, out KernelException? failure))
        {
            throw failure!;
        }
    }

    /// <summary>False: it is locked, or has gone between the look and the act: the kernel takes a mount away by itself when what it lies on is unlinked.</summary>
    private static bool TryDetach(string target, ulong mountId, out KernelException? failure)
    {
        failure = null;
        using SafeFileHandle root = OwnDirectory.Open(Top);
        using SafeFileHandle? mount = MountSearch.Find(root, () => MountTable.OfSelf().Mounts.Select(mount => mount.MountPoint), target, mountId);
        return mount is null || TryUnmount(mount, target, out failure);
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
