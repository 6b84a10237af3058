using System.Runtime.CompilerServices;
using ContainerManager.Linux.Native;

namespace ContainerManager.Linux.Namespaces;

/// <summary>
/// The code that runs while a thread stands in a container's mount namespace. Straight lines of system calls and nothing else: no
/// allocation, no lock, no log, no first use of anything. A thread that the runtime started from here would be born in the container and stay;
/// an assembly loaded from here would come from the container's files. Hence also AggressiveOptimization: compiled once, before,
/// by <see cref="WarmUp"/>, and never again.
/// </summary>
internal static unsafe class InsideRoutines
{
    private const int AT_FDCWD = -100;
    private const int CLONE_FS = 0x200;
    private const int CLONE_NEWNS = 0x20000;

    /// <summary>Puts the clone on the target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Attach(InsideFrame* frame)
    {
        if (!Enter(frame))
        {
            return;
        }

        if (Move(frame, 0) != 0)
        {
            Fail(frame, InsideCall.Attach);
        }

        Return(frame);
    }

    /// <summary>Puts the clone beneath the mount whose root the target is, then takes that mount away: nobody sees a gap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Swap(InsideFrame* frame)
    {
        if (!Enter(frame))
        {
            return;
        }

        if (Move(frame, Mount.MOVE_MOUNT_BENEATH) != 0)
        {
            Fail(frame, InsideCall.AttachBeneath);
        }
        else
        {
            Unmount(frame);
        }

        Return(frame);
    }

    /// <summary>Takes the mount whose root the target is away.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Detach(InsideFrame* frame)
    {
        if (!Enter(frame))
        {
            return;
        }

        Unmount(frame);
        Return(frame);
    }

    /// <summary>Clones what is at a name in the namespace's root.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Clone(InsideFrame* frame)
    {
        if (!Enter(frame))
        {
            return;
        }

        uint flags = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | (frame->Recursive ? Mount.AT_RECURSIVE : 0);
        frame->Tree = (int)RawCalls.syscall(SYS.open_tree, AT_FDCWD, (nint)frame->TargetName, (nint)flags, 0, 0);
        if (frame->Tree < 0)
        {
            Fail(frame, InsideCall.Clone);
        }

        Return(frame);
    }

    /// <summary>
    /// Runs every routine once in our own namespace with descriptors that are none, so that all of it is compiled and bound. What would
    /// be done fails with EBADF.
    /// </summary>
    internal static void WarmUp(InsideFrame frame)
    {
        frame.ContainerNamespace = frame.OwnNamespace;
        frame.Tree = frame.Target = -1;
        frame.TargetName[0] = (byte)'x';
        Attach(&frame);
        Swap(&frame);
        Detach(&frame);
        frame.TargetName[0] = 0;
        Clone(&frame);
    }

    /// <summary>
    /// unshare(CLONE_FS) each time: the runtime starts threads that share the file system context again with the thread that started
    /// them, and setns(2) refuses a shared one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static bool Enter(InsideFrame* frame)
    {
        frame->Error = 0;
        frame->FailedCall = InsideCall.None;
        frame->Stranded = false;
        if (RawCalls.unshare(CLONE_FS) != 0)
        {
            Fail(frame, InsideCall.Unshare);
            return false;
        }

        if (RawCalls.setns(frame->ContainerNamespace, CLONE_NEWNS) != 0)
        {
            Fail(frame, InsideCall.Enter);
            return false;
        }

        return true;
    }

    /// <summary>setns(2) sets root and working directory to the namespace's root, which need not be ours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Return(InsideFrame* frame)
    {
        frame->Stranded = RawCalls.setns(frame->OwnNamespace, CLONE_NEWNS) != 0 || RawCalls.fchdir(frame->OwnRoot) != 0 ||
            RawCalls.chroot(RawCalls.Dot) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static nint Move(InsideFrame* frame, uint flags) => RawCalls.syscall(
        SYS.move_mount,
        frame->Tree,
        (nint)RawCalls.Empty,
        frame->Target,
        (nint)RawCalls.Empty,
        (nint)(flags | Mount.MOVE_MOUNT_F_EMPTY_PATH | Mount.MOVE_MOUNT_T_EMPTY_PATH));

    /// <summary>
    /// umount2(2) takes only a path. The link of our own /proc/self/fd leads to the mount that the descriptor holds, however the container
    /// renames its paths meanwhile. (Should it mount something on that very root in between, that may go instead: its own mount, not the host's.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Unmount(InsideFrame* frame)
    {
        if (RawCalls.fchdir(frame->OwnDescriptors) != 0 || RawCalls.umount2(frame->TargetName, Mount.MNT_DETACH) != 0)
        {
            Fail(frame, InsideCall.Unmount);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Fail(InsideFrame* frame, InsideCall call)
    {
        frame->Error = *RawCalls.errno_location();
        frame->FailedCall = call;
    }
}
