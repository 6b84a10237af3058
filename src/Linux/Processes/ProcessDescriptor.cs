using System.Globalization;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>pidfds: handles of processes that no other process ever gets.</summary>
public static class ProcessDescriptor
{
    /// <summary>Opens one (pidfd_open(2), Linux 5.3); readable when the process has ended.</summary>
    /// <exception cref="KernelException">ESRCH: there is no such process (any more).</exception>
    public static SafeFileHandle Open(int processId)
    {
        int fd = Libc.pidfd_open(processId, 0);
        return fd >= 0
            ? new SafeFileHandle(fd, ownsHandle: true)
            : throw KernelException.Last("pidfd_open", processId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Sends a signal (pidfd_send_signal(2), Linux 5.1). False: the process has ended.</summary>
    /// <exception cref="KernelException">EPERM: we may not. EINVAL: no such signal.</exception>
    public static bool Signal(SafeHandle process, int signal)
    {
        using HandleUse use = new(process);
        if (Libc.pidfd_send_signal(use.Descriptor, signal) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == ESRCH ? false : throw new KernelException("pidfd_send_signal", signal.ToString(CultureInfo.InvariantCulture), errno);
    }
}
