using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>What a process does to itself. For small programs that know all their threads and descriptors, such as <c>client</c>.</summary>
public static class OwnProcess
{
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int PR_CAPBSET_DROP = 24;
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const uint CapabilityVersion = 0x20080522;
    private const int PR_CAP_AMBIENT = 47;
    private const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>The user whose rights the process has (geteuid(2)).</summary>
    public static uint EffectiveUser => geteuid();

    /// <summary>The group likewise.</summary>
    public static uint EffectiveGroup => getegid();

    /// <summary>All groups whose rights the process has (getgroups(2)), with the effective one.</summary>
    /// <exception cref="KernelException">They changed meanwhile.</exception>
    public static unsafe uint[] Groups()
    {
        uint[] groups = new uint[Math.Max(0, Libc.getgroups(0, null)) + 1];
        fixed (uint* others = groups)
        {
            int count = Libc.getgroups(groups.Length - 1, others);
            groups[^1] = getegid();
            return count == groups.Length - 1 ? groups : throw KernelException.Last("getgroups", "");
        }
    }

    /// <summary>Closes every descriptor from 3 on (close_range(2)): whatever was inherited.</summary>
    /// <exception cref="KernelException">ENOSYS: Linux before 5.9.</exception>
    public static void CloseInheritedDescriptors()
    {
        if (Libc.close_range(3, uint.MaxValue, 0) != 0)
        {
            throw KernelException.Last("close_range", "3-");
        }
    }

    /// <summary>Copies a standard stream to a descriptor that no program we start inherits.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    /// <exception cref="KernelException">EBADF: it is closed.</exception>
    public static SafeFileHandle KeepStandardStream(int stream)
    {
        int fd = Libc.fcntl(stream, F_DUPFD_CLOEXEC, 3);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("fcntl(F_DUPFD_CLOEXEC)", $"fd {stream}");
    }

    /// <summary>
    /// Makes the standard streams a user's, as far as they are pipes, or the terminal: he could not open them by <c>/dev/stderr</c> or <c>$(tty)</c>
    /// otherwise. Where that may not be, nothing happens.
    /// </summary>
    /// <param name="user">Whose.</param>
    /// <param name="terminal">Whether they are a terminal of our own.</param>
    public static void GiveStandardStreams(uint user, bool terminal)
    {
        const uint Unchanged = uint.MaxValue;
        for (int stream = 0; stream <= 2; stream++)
        {
            using SafeFileHandle handle = new(stream, ownsHandle: false);
            if (terminal || FileStatus.OfHandle(handle).Identity.Kind == FileKind.Fifo)
            {
                _ = Libc.fchown(stream, user, Unchanged);
            }
        }
    }

    /// <summary>Points the three standard streams at <c>/dev/null</c>.</summary>
    /// <exception cref="KernelException">There is none.</exception>
    public static unsafe void SilenceStandardStreams()
    {
        using PathBytes path = new("/dev/null");
        int fd = Libc.openat(AT_FDCWD, path.Pointer, O_RDWR | O_CLOEXEC, 0);
        using SafeFileHandle nowhere = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last("open", "/dev/null");
        for (int stream = 0; stream <= 2; stream++)
        {
            if (Libc.dup3(fd, stream, 0) < 0)
            {
                throw KernelException.Last("dup3", $"fd {stream}");
            }
        }
    }

    /// <summary>Gives up all supplementary groups (setgroups(2)); of every thread, as the C library does it.</summary>
    /// <exception cref="KernelException">EPERM: we may not.</exception>
    public static unsafe void LeaveGroups()
    {
        if (Libc.setgroups(0, null) != 0)
        {
            throw KernelException.Last("setgroups", "none");
        }
    }

    /// <summary>
    /// Becomes user and group 0 of this user namespace, without other groups. The ambient capabilities that brought us here are given
    /// up: what root starts has root's, what another user starts has none.
    /// </summary>
    /// <exception cref="KernelException">EINVAL: 0 is not mapped. EPERM: we may not.</exception>
    public static void BecomeRoot()
    {
        LeaveGroups();

        if (Libc.setresgid(0, 0, 0) != 0)
        {
            throw KernelException.Last("setresgid", "0");
        }

        if (Libc.setresuid(0, 0, 0) != 0)
        {
            throw KernelException.Last("setresuid", "0");
        }

        if (Libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        {
            throw KernelException.Last("prctl(PR_CAP_AMBIENT_CLEAR_ALL)", "");
        }
    }

    /// <summary>
    /// Takes capabilities out of the bounding set of this thread (capabilities(7)): a program it starts has at most those that are
    /// left. Our own stay.
    /// </summary>
    /// <param name="kept">Numbers of linux/capability.h.</param>
    /// <exception cref="KernelException">EPERM: we lack CAP_SETPCAP.</exception>
    public static void LimitChildren(ReadOnlySpan<int> kept)
    {
        // The kernel knows the last capability: the first number beyond it is EINVAL.
        for (int capability = 0; capability < 64; capability++)
        {
            if (!kept.Contains(capability) && Libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == EINVAL)
                {
                    return;
                }

                throw new KernelException("prctl(PR_CAPBSET_DROP)", $"capability {capability}", errno);
            }
        }
    }

    /// <summary>
    /// Takes out of this thread's bounding set every capability whose bit is not set, and gives up the inheritable and ambient ones: a program that we
    /// become has those of the mask at most.
    /// </summary>
    /// <param name="kept">A bit for each number of linux/capability.h.</param>
    /// <exception cref="KernelException">EPERM: we lack CAP_SETPCAP.</exception>
    public static unsafe void LimitCapabilities(ulong kept)
    {
        List<int> numbers = [];
        for (int capability = 0; capability < 64; capability++)
        {
            if ((kept >> capability & 1) != 0)
            {
                numbers.Add(capability);
            }
        }

        LimitChildren(CollectionsMarshal.AsSpan(numbers));
        _ = Libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

        // Three numbers for each half: effective, permitted, inheritable (capget(2), struct __user_cap_data_struct).
        uint* header = stackalloc uint[2] { CapabilityVersion, 0 };
        uint* data = stackalloc uint[6];
        if (Libc.capget(header, data) != 0)
        {
            throw KernelException.Last("capget", "");
        }

        data[2] = data[5] = 0;
        if (Libc.capset(header, data) != 0)
        {
            throw KernelException.Last("capset", "");
        }
    }

    /// <summary>Nothing that we become gains rights by its file any more (PR_SET_NO_NEW_PRIVS).</summary>
    public static void ForgoNewPrivileges() => _ = Libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

    /// <summary>When the process that started us ends, we are killed (PR_SET_PDEATHSIG); also what we become.</summary>
    public static void DieWithParent() => _ = Libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    /// <summary>Becomes a user of this user namespace, for good.</summary>
    /// <param name="user">User id.</param>
    /// <param name="group">Group id.</param>
    /// <param name="groups">All other groups.</param>
    /// <exception cref="KernelException">EPERM: we may not. EINVAL: an id is not mapped.</exception>
    public static unsafe void BecomeUser(uint user, uint group, ReadOnlySpan<uint> groups)
    {
        fixed (uint* others = groups)
        {
            if (Libc.setgroups((nuint)groups.Length, others) != 0)
            {
                throw KernelException.Last("setgroups", $"those of user {user}");
            }
        }

        if (Libc.setresgid(group, group, group) != 0)
        {
            throw KernelException.Last("setresgid", $"{group}");
        }

        if (Libc.setresuid(user, user, user) != 0)
        {
            throw KernelException.Last("setresuid", $"{user}");
        }
    }

    /// <summary>Changes the working directory (chdir(2)). False: it cannot be entered.</summary>
    public static bool TryChangeDirectory(string path)
    {
        try
        {
            Directory.SetCurrentDirectory(path);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Sets the mask of file modes (umask(2)).</summary>
    public static void SetFileModeMask(uint mask) => _ = Libc.umask(mask);

    /// <summary>Sets the host name of our UTS namespace.</summary>
    /// <exception cref="KernelException">EINVAL: longer than 64 bytes. EPERM: not our namespace.</exception>
    public static unsafe void SetHostName(string name)
    {
        using PathBytes bytes = new(name);
        if (Libc.sethostname(bytes.Pointer, (nuint)Encoding.UTF8.GetByteCount(name)) != 0)
        {
            throw KernelException.Last("sethostname", name);
        }
    }
}
