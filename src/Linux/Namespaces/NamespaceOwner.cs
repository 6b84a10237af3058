using System.Globalization;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Who made the user namespace that something belongs to (ioctl_ns(2), Linux 4.11). It is the kernel's word, not a process's: whoever
/// has root inside such a namespace has it by that user's power, and no other.
/// </summary>
public static class NamespaceOwner
{
    private const uint NS_GET_USERNS = 0xB701;
    private const uint NS_GET_OWNER_UID = 0xB704;

    /// <summary>The user who made the user namespace that a mount, network or other namespace belongs to; 0 for the host's.</summary>
    /// <exception cref="KernelException">It is no namespace. EPERM: it lies outside of our own user namespace.</exception>
    public static uint OfNamespace(SafeFileHandle handle)
    {
        using SafeFileHandle userNamespace = UserNamespaceOf(handle);
        return OfUserNamespace(userNamespace);
    }

    /// <summary>
    /// Whether a namespace belongs to our own user namespace: its root is our root. If not, its root may remount what is in it.
    /// </summary>
    /// <exception cref="KernelException">As <see cref="OfNamespace"/>.</exception>
    public static bool IsOurUserNamespace(SafeFileHandle handle)
    {
        using SafeFileHandle its = UserNamespaceOf(handle), ours = File.OpenHandle("/proc/self/ns/user");
        return FileStatus.OfHandle(its).Identity == FileStatus.OfHandle(ours).Identity;
    }

    /// <summary>The user who made the user namespace of a process; 0 for the host's.</summary>
    /// <exception cref="KernelException">ENOENT: there is no such process (any more).</exception>
    public static unsafe uint OfProcess(int processId)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/user");
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, O_RDONLY | O_CLOEXEC, 0);
        using SafeFileHandle userNamespace = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
        return OfUserNamespace(userNamespace);
    }

    private static unsafe SafeFileHandle UserNamespaceOf(SafeFileHandle handle)
    {
        int fd = Libc.ioctl(handle, NS_GET_USERNS, null);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("ioctl(NS_GET_USERNS)", "namespace");
    }

    private static unsafe uint OfUserNamespace(SafeFileHandle userNamespace)
    {
        uint owner;
        return Libc.ioctl(userNamespace, NS_GET_OWNER_UID, &owner) == 0
            ? owner
            : throw KernelException.Last("ioctl(NS_GET_OWNER_UID)", "user namespace");
    }
}
