using ContainerManager.Linux.Namespaces;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Makes what a mount is put upon, and takes it away, as a user of the container's.</summary>
public static class MountPoint
{
    static MountPoint() => EntryRoutine.WarmUp();

    /// <summary>
    /// Creates an empty file (0644) or directory (0755) owned by <paramref name="user"/>. One that is there already is no error.
    /// </summary>
    /// <returns>True when it was created.</returns>
    /// <exception cref="KernelException">EROFS: the container's file system is read-only. EACCES, EDQUOT, ENOSPC, …</exception>
    public static bool Create(SafeFileHandle parent, string name, bool directory, FileSystemUser user)
    {
        int error = Run(parent, name, directory, remove: false, user);
        return error == 0 || (error == EEXIST ? false : throw new KernelException(directory ? "mkdirat" : "mknodat", name, error));
    }

    /// <summary>Creates a symbolic link owned by <paramref name="user"/>. One that is there already, or anything else, is no error.</summary>
    /// <returns>True when it was created.</returns>
    /// <exception cref="KernelException">As <see cref="Create"/>.</exception>
    public static unsafe bool CreateLink(SafeFileHandle parent, string name, string destination, FileSystemUser user)
    {
        using PathBytes bytes = new(destination);
        int error = Run(parent, name, directory: false, remove: false, user, (nint)bytes.Pointer);
        return error == 0 || (error == EEXIST ? false : throw new KernelException("symlinkat", name, error));
    }

    /// <summary>Unlinks a file or an empty directory. False when it is not there or not empty.</summary>
    /// <exception cref="KernelException">EACCES, EPERM: the user may not. Any other failure.</exception>
    public static bool TryRemove(SafeFileHandle parent, string name, bool directory, FileSystemUser user)
    {
        int error = Run(parent, name, directory, remove: true, user);
        return error == 0 || (error == ENOENT || error == ENOTEMPTY || error == EEXIST || error == EBUSY
            ? false
            : throw new KernelException("unlinkat", name, error));
    }

    private static unsafe int Run(SafeFileHandle parent, string name, bool directory, bool remove, FileSystemUser user, nint destination = 0)
    {
        using PathBytes bytes = new(name);
        using HandleUse use = new(parent);
        EntryFrame frame = new()
        {
            Parent = use.Descriptor,
            Name = bytes.Pointer,
            Directory = directory,
            Remove = remove,
            Destination = (byte*)destination,
            User = user.User,
            Group = user.Group,
            Override = user.OverridesModes,
        };
        EntryRoutine.Run(&frame);
        return frame.Error;
    }
}

/// <summary>As whom something is done in the file system.</summary>
/// <param name="User">The host's user id.</param>
/// <param name="Group">The host's group id.</param>
/// <param name="OverridesModes">With CAP_DAC_OVERRIDE: permission bits do not matter.</param>
public readonly record struct FileSystemUser(uint User, uint Group, bool OverridesModes = false);
