using ContainerManager.Linux.Namespaces;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Makes what a mount is put upon.</summary>
public static class MountPoint
{
    static MountPoint() => CreateRoutine.WarmUp();

    /// <summary>
    /// Creates an empty file (0644) or directory (0755) owned by <paramref name="owner"/> and <paramref name="group"/> (host ids). One
    /// that is there already is no error.
    /// </summary>
    /// <returns>True when it was created.</returns>
    /// <exception cref="KernelException">EROFS: the container's file system is read-only. EACCES, EDQUOT, ENOSPC, …</exception>
    public static bool Create(SafeFileHandle parent, string name, bool directory, uint owner, uint group)
    {
        int error = CreateAs(parent, name, directory, owner, group);
        return error == 0 || (error == EEXIST ? false : throw new KernelException(directory ? "mkdirat" : "mknodat", name, error));
    }

    private static unsafe int CreateAs(SafeFileHandle parent, string name, bool directory, uint owner, uint group)
    {
        using PathBytes bytes = new(name);
        using HandleUse use = new(parent);
        CreateFrame frame = new() { Parent = use.Descriptor, Name = bytes.Pointer, Directory = directory, User = owner, Group = group };
        CreateRoutine.Run(&frame);
        return frame.Error;
    }
}
