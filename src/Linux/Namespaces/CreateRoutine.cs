using System.Runtime.CompilerServices;

namespace ContainerManager.Linux.Namespaces;

/// <summary>What <see cref="CreateRoutine.Run"/> needs and what came of it.</summary>
internal unsafe struct CreateFrame
{
    internal int Parent;
    internal byte* Name;
    internal bool Directory;
    internal uint User;
    internal uint Group;
    internal int Error;
}

/// <summary>
/// Creates a file or directory as another file system user, so that it is owned by a container's root even where our own root has no
/// id (EOVERFLOW). As with <see cref="InsideRoutines"/>, nothing else may happen in between: a thread born here would keep the ids.
/// </summary>
internal static unsafe class CreateRoutine
{
    private const uint RegularFile = 0x8000 | 0x1A4; // S_IFREG | 0644
    private const uint DirectoryMode = 0x1ED; // 0755

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Run(CreateFrame* frame)
    {
        if (frame->Group != 0)
        {
            RawCalls.setfsgid(frame->Group);
        }

        if (frame->User != 0)
        {
            RawCalls.setfsuid(frame->User);
        }

        int result = frame->Directory
            ? RawCalls.mkdirat(frame->Parent, frame->Name, DirectoryMode)
            : RawCalls.mknodat(frame->Parent, frame->Name, RegularFile, 0);
        frame->Error = result == 0 ? 0 : *RawCalls.errno_location();
        if (frame->User != 0)
        {
            RawCalls.setfsuid(0);
        }

        if (frame->Group != 0)
        {
            RawCalls.setfsgid(0);
        }
    }

    /// <summary>Compiles and binds everything, as ourselves, on a descriptor that is none.</summary>
    internal static void WarmUp()
    {
        CreateFrame frame = new() { Parent = -1, Name = RawCalls.Dot };
        Run(&frame);
        frame.Directory = true;
        Run(&frame);
        RawCalls.setfsuid(0);
        RawCalls.setfsgid(0);
    }
}
