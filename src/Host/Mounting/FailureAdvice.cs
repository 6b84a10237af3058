using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Mounting;

/// <summary>Says for a failed step what a person can do about it.</summary>
internal static class FailureAdvice
{
    internal static string Explain(IOException failure) =>
        failure is KernelException kernel && AdviceFor(kernel) is { } advice ? $"{failure.Message}; {advice}" : failure.Message;

    /// <summary>
    /// The source was reported and is not there: it may be on its way. move_mount says so too, when the file was unlinked or replaced
    /// after it was cloned.
    /// </summary>
    internal static bool IsSourceMissing(IOException failure) => failure is KernelException kernel &&
        (kernel.Errno == ENOENT || kernel.Errno == ENOTDIR) &&
        (kernel.Call is "open_tree" or PlainPath.Call || kernel.Call.StartsWith("move_mount", StringComparison.Ordinal));

    /// <summary>The kernel does not let us into the container's mount namespace.</summary>
    internal static bool IsEntryRefused(KernelException failure) => failure.Errno == EPERM && failure.Call.StartsWith("setns", StringComparison.Ordinal);

    private static string? AdviceFor(KernelException failure)
    {
        int errno = failure.Errno;
        return failure.Call switch
        {
            "mkdirat" or "mknodat" when errno == EROFS =>
                "the container's root is read-only: create the mount point in the image, or choose a target on a writable file system such as /run",
            "mkdirat" or "mknodat" when errno == EACCES || errno == EPERM => "the file system inside refuses it: choose another target",
            "open_tree" when errno == EINVAL => "the source lies on an unbindable mount: mount --make-private it",
            PlainPath.Call when errno == ELOOP => "a symbolic link is in its path, which is not followed here: name the path that it leads to",
            "mount_setattr(MOUNT_ATTR_IDMAP)" when errno == EINVAL || errno == EPERM =>
                "the source's file system cannot show files under another owner: leave \"owner\" out",
            "openat2(RESOLVE_IN_ROOT)" when errno == ELOOP => "the target leads through a magic link or too many symbolic links inside",
            "openat2(RESOLVE_IN_ROOT)" when errno == ENOTDIR => "a parent of the target is a file inside",
            "setns(CLONE_NEWNS)" when errno == EPERM => "the server lacks CAP_SYS_ADMIN or CAP_SYS_CHROOT: run it as root",
            _ => null,
        };
    }
}
