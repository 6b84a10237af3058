using System.Globalization;
using System.Runtime.InteropServices;
using ContainerManager.Linux.Native;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>pidfds: handles of processes that no other process ever gets.</summary>
public static class ProcessDescriptor
{
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
