using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Paths;

/// <summary>Says what keeps a path from being watched, and what helps.</summary>
internal static class WatchFailure
{
    internal static string Reason(KernelException e) => e.Errno == ENOSPC && e.Call == "inotify_add_watch"
        ? $"{e.Operand} cannot be watched: this user's inotify watches are used up. Allow more: sysctl -w fs.inotify.max_user_watches=1048576"
        : FileName.Display(e.Message);

    internal static string NotText(string path) =>
        $"{FileName.Display(path)}: the name is not valid UTF-8 and cannot be bound; rename it";
}
