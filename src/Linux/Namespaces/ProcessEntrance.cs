using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// Has our own process enter all namespaces of a container but its user namespace, for good, so that what it starts is born there. For a small program
/// that does nothing else: the thread that enters is the one that starts.
/// </summary>
public sealed class ProcessEntrance : IDisposable
{
    private const int KilledBy = 9;
    private const int PR_SET_PDEATHSIG = 1;
    private const int NotExecuted = 127;

    /// <summary>The mount namespace last: until then paths are ours.</summary>
    private static readonly (string Name, int Kind)[] s_namespaces =
    [
        ("cgroup", CLONE_NEWCGROUP), ("uts", CLONE_NEWUTS), ("ipc", CLONE_NEWIPC), ("net", CLONE_NEWNET), ("pid", CLONE_NEWPID), ("mnt", CLONE_NEWNS),
    ];

    private readonly SafeFileHandle[] _namespaces;
    private readonly SafeFileHandle _root;

    private ProcessEntrance(SafeFileHandle[] namespaces, SafeFileHandle root) => (_namespaces, _root) = (namespaces, root);

    /// <summary>Opens the namespaces and the root of a process. Whether it still is the one that was meant is for the caller to know.</summary>
    /// <exception cref="KernelException">ENOENT: it has ended. EACCES: it may not be looked into.</exception>
    public static ProcessEntrance Open(int processId) => new(
        [.. s_namespaces.Select(one => OpenPath($"/proc/{processId}/ns/{one.Name}", O_RDONLY))], OpenPath($"/proc/{processId}/root", O_PATH | O_DIRECTORY));

    /// <summary>Enters. There is no way back.</summary>
    /// <exception cref="KernelException">EPERM: a capability is missing.</exception>
    public unsafe void Enter()
    {
        // Threads share their root and directory, and who does may not change the mount namespace (setns(2)).
        if (Libc.unshare(CLONE_FS) != 0)
        {
            throw KernelException.Last("unshare(CLONE_FS)", "");
        }

        for (int i = 0; i < _namespaces.Length; i++)
        {
            if (Libc.setns(_namespaces[i], s_namespaces[i].Kind) != 0)
            {
                throw KernelException.Last("setns", s_namespaces[i].Name);
            }
        }

        using PathBytes dot = new("."), top = new("/");
        if (Libc.fchdir(_root) != 0 || Libc.chroot(dot.Pointer) != 0 || Libc.chdir(top.Pointer) != 0)
        {
            throw KernelException.Last("chroot", "the container's root");
        }
    }

    /// <summary>
    /// Starts a program that is open already (execveat(2)): whatever its path means by now. It is killed when we end. What it may do is what our bounding
    /// set leaves it.
    /// </summary>
    /// <param name="program">The program's file.</param>
    /// <param name="arguments">All of them, the name first.</param>
    /// <param name="environment">Each <c>NAME=value</c>.</param>
    /// <returns>The process id; it ends with 127 when it could not be executed.</returns>
    /// <exception cref="KernelException">There is no process to be had.</exception>
    public static unsafe int Start(SafeFileHandle program, ReadOnlySpan<string> arguments, ReadOnlySpan<string> environment)
    {
        using HandleUse use = new(program);
        using StringVector argumentVector = new(arguments), environmentVector = new(environment);
        byte empty = 0;
        int pid = Libc.fork();
        if (pid == 0)
        {
            // Nothing is allocated here: of our threads only this one is left.
            _ = Libc.prctl(PR_SET_PDEATHSIG, KilledBy, 0, 0, 0);
            _ = Libc.execveat(use.Descriptor, &empty, argumentVector.Pointer, environmentVector.Pointer, AT_EMPTY_PATH);
            Libc._exit(NotExecuted);
        }

        return pid > 0 ? pid : throw KernelException.Last("fork", "");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_namespaces, handle => handle.Dispose());
        _root.Dispose();
    }

    private static unsafe SafeFileHandle OpenPath(string path, int flags)
    {
        using PathBytes bytes = new(path);
        int fd = Libc.openat(AT_FDCWD, bytes.Pointer, flags | O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", path);
    }
}
