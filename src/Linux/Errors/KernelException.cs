using System.Runtime.InteropServices;

namespace ContainerManager.Linux;

/// <summary>A system call failed. Says which, on what, and why.</summary>
public sealed class KernelException : IOException
{
    /// <summary>Creates it.</summary>
    /// <param name="call">The call as in its manual page, with the flags that matter: <c>move_mount(MOVE_MOUNT_BENEATH)</c>.</param>
    /// <param name="operand">The path or object it worked on.</param>
    /// <param name="errno">errno(3).</param>
    public KernelException(string call, string operand, int errno)
        : base($"{call} {operand}: {Marshal.GetPInvokeErrorMessage(errno)}")
    {
        Call = call;
        Operand = operand;
        Errno = errno;
    }

    /// <summary>The call.</summary>
    public string Call { get; }

    /// <summary>What it worked on.</summary>
    public string Operand { get; }

    /// <summary>errno(3); compare with the constants of <c>Tmds.Linux.LibC</c>.</summary>
    public int Errno { get; }

    /// <summary>The exception for the call that has just failed on this thread.</summary>
    internal static KernelException Last(string call, string operand) => new(call, operand, Marshal.GetLastPInvokeError());
}
