using System.Runtime.CompilerServices;
using ContainerManager.Linux.Native;

namespace ContainerManager.Linux.Namespaces;

/// <summary>What <see cref="SocketRoutine.Run"/> needs and what came of it.</summary>
internal struct SocketFrame
{
    internal int OwnNamespace;
    internal int ContainerNamespace;
    internal int Type;

    /// <summary>The socket, or less than 0.</summary>
    internal int Socket;
    internal int Error;

    /// <summary>The thread could not return to our namespace. The process must not go on.</summary>
    internal bool Stranded;
}

/// <summary>
/// Makes a uevent socket while the thread stands in another network namespace; it stays in that one. As with <see cref="InsideRoutines"/>, nothing
/// else may happen in between: a thread born here would stay, too.
/// </summary>
internal static unsafe class SocketRoutine
{
    private const int CLONE_NEWNET = 0x40000000;
    private const int AF_NETLINK = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Run(SocketFrame* frame)
    {
        frame->Socket = -1;
        if (RawCalls.setns(frame->ContainerNamespace, CLONE_NEWNET) != 0)
        {
            frame->Error = *RawCalls.errno_location();
            return;
        }

        frame->Socket = RawCalls.socket(AF_NETLINK, frame->Type, Uevents.NETLINK_KOBJECT_UEVENT);
        frame->Error = frame->Socket < 0 ? *RawCalls.errno_location() : 0;
        frame->Stranded = RawCalls.setns(frame->OwnNamespace, CLONE_NEWNET) != 0;
    }
}
