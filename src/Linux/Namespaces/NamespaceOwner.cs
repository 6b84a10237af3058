using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>Who rules over a namespace: the user namespace that it belongs to (ioctl_ns(2)).</summary>
public static class NamespaceOwner
{
    /// <summary>
    /// True when a namespace belongs to our own user namespace: its root is our root. False: to another, whose root may remount what is in a
    /// mount namespace of his.
    /// </summary>
    /// <exception cref="KernelException">It is no namespace.</exception>
    public static unsafe bool IsOurUserNamespace(SafeFileHandle ofNamespace)
    {
        int fd = Libc.ioctl(ofNamespace, NamespaceFile.NS_GET_USERNS, null);
        using SafeFileHandle owner = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("ioctl(NS_GET_USERNS)", "namespace");
        using SafeFileHandle ours = File.OpenHandle("/proc/self/ns/user");
        return FileStatus.OfHandle(owner).Identity == FileStatus.OfHandle(ours).Identity;
    }
}
