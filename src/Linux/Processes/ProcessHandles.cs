using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>Open handles of one process. Whatever they were opened from, all are of the same process: it lived when the last was opened.</summary>
public sealed class ProcessHandles
{
    private ProcessHandles(SafeFileHandle process, SafeFileHandle mountNamespace, SafeFileHandle networkNamespace, SafeFileHandle root)
    {
        Process = process;
        MountNamespace = mountNamespace;
        NetworkNamespace = networkNamespace;
        Root = root;
    }

    /// <summary>A pidfd (pidfd_open(2)).</summary>
    public SafeFileHandle Process { get; }

    /// <summary><c>/proc/PID/ns/mnt</c></summary>
    public SafeFileHandle MountNamespace { get; }

    /// <summary><c>/proc/PID/ns/net</c></summary>
    public SafeFileHandle NetworkNamespace { get; }

    /// <summary><c>/proc/PID/root</c>, O_PATH.</summary>
    public SafeFileHandle Root { get; }

    /// <summary>The text of <c>/proc/PID/uid_map</c>.</summary>
    public required string UserIdMap { get; init; }

    /// <summary>The text of <c>/proc/PID/gid_map</c>.</summary>
    public required string GroupIdMap { get; init; }

    /// <summary>The text of <c>/proc/PID/cgroup</c>.</summary>
    public required string Cgroups { get; init; }

    /// <summary>Opens them.</summary>
    /// <exception cref="KernelException">ESRCH or ENOENT: there is no such process (any more). EACCES: it may not be looked into.</exception>
    /// <exception cref="IOException">The process ended meanwhile.</exception>
    public static ProcessHandles Open(int processId)
    {
        SafeFileHandle process = ProcessDescriptor.Open(processId);
        SafeFileHandle? mountNamespace = null;
        SafeFileHandle? networkNamespace = null;
        SafeFileHandle? root = null;
        try
        {
            mountNamespace = OpenPath($"/proc/{processId}/ns/mnt", O_RDONLY);
            networkNamespace = OpenPath($"/proc/{processId}/ns/net", O_RDONLY);
            root = OpenPath($"/proc/{processId}/root", O_PATH | O_DIRECTORY);
            ProcessHandles handles = new(process, mountNamespace, networkNamespace, root)
            {
                UserIdMap = File.ReadAllText($"/proc/{processId}/uid_map"),
                GroupIdMap = File.ReadAllText($"/proc/{processId}/gid_map"),
                Cgroups = File.ReadAllText($"/proc/{processId}/cgroup"),
            };
            // A pid is not given out again while its process lives: if it still does, all of the above was its.
            return ProcessDescriptor.Signal(process, 0) ? handles : throw new KernelException("pidfd_send_signal", $"{processId}", ESRCH);
        }
        catch
        {
            root?.Dispose();
            networkNamespace?.Dispose();
            mountNamespace?.Dispose();
            process.Dispose();
            throw;
        }
    }

    private static unsafe SafeFileHandle OpenPath(string path, int flags)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, flags | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
    }
}
