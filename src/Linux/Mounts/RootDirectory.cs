using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Changes the root of our own mount namespace. For a process that is alone in it.</summary>
public static class RootDirectory
{
    /// <summary>Makes every mount private: nothing propagates in or out any more.</summary>
    /// <exception cref="KernelException">We may not (EPERM).</exception>
    public static unsafe void MakeAllPrivate()
    {
        mount_attr wanted = new() { propagation = Mount.MS_PRIVATE };
        using PathBytes root = new("/");
        if (Libc.mount_setattr(AT_FDCWD, root.Pointer, Mount.AT_RECURSIVE, &wanted) != 0)
        {
            throw KernelException.Last("mount_setattr(AT_RECURSIVE, MS_PRIVATE)", "/");
        }
    }

    /// <summary>
    /// Makes an attached mount the root (pivot_root(2)). The old root stays mounted above it, out of the way of all paths, until
    /// <see cref="Detach"/>.
    /// </summary>
    /// <exception cref="KernelException">EINVAL: the present root is an initramfs, or <paramref name="mount"/> is not a mount's root.</exception>
    public static unsafe void PivotTo(SafeFileHandle mount)
    {
        using PathBytes dot = new(".");
        ChangeDirectory(mount);
        if (Libc.pivot_root(dot.Pointer, dot.Pointer) != 0)
        {
            throw KernelException.Last("pivot_root", ".");
        }
    }

    /// <summary>Takes the old root and all that is mounted in it away and stands in the new one.</summary>
    /// <param name="oldRoot">O_PATH, opened before <see cref="PivotTo"/>.</param>
    /// <exception cref="KernelException">The old root is not a mount.</exception>
    public static unsafe void Detach(SafeFileHandle oldRoot)
    {
        using PathBytes dot = new("."), root = new("/");
        ChangeDirectory(oldRoot);
        if (Libc.umount2(dot.Pointer, Mount.MNT_DETACH) != 0)
        {
            throw KernelException.Last("umount2(MNT_DETACH)", "old root");
        }

        if (Libc.chdir(root.Pointer) != 0)
        {
            throw KernelException.Last("chdir", "/");
        }
    }

    private static void ChangeDirectory(SafeFileHandle directory)
    {
        if (Libc.fchdir(directory) != 0)
        {
            throw KernelException.Last("fchdir", "root");
        }
    }
}
