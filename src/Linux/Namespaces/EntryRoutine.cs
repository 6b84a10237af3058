using System.Runtime.CompilerServices;

namespace ContainerManager.Linux.Namespaces;

/// <summary>What <see cref="EntryRoutine.Run"/> needs and what came of it.</summary>
internal unsafe struct EntryFrame
{
    internal int Parent;
    internal byte* Name;
    internal bool Directory;
    internal bool Remove;

    /// <summary>Where the symbolic link to be made leads; null: it is to be none.</summary>
    internal byte* Destination;
    internal uint User;
    internal uint Group;

    /// <summary>Whatever the modes say (CAP_DAC_OVERRIDE).</summary>
    internal bool Override;
    internal int Error;

    /// <summary>capget(2): version and thread, then effective, permitted and inheritable capabilities, twice.</summary>
    internal fixed uint Header[2];
    internal fixed uint Capabilities[6];
}

/// <summary>
/// Creates or removes a file, directory or symbolic link as another file system user, so that it is owned by a container's root even where our own
/// root has no id (EOVERFLOW), and so that nothing is done that this user may not do. As with <see cref="InsideRoutines"/>, nothing
/// else may happen in between: a thread born here would keep the ids.
/// </summary>
internal static unsafe class EntryRoutine
{
    private const uint RegularFile = 0x8000 | 0x1A4; // S_IFREG | 0644
    private const uint DirectoryMode = 0x1ED; // 0755
    private const int AT_REMOVEDIR = 0x200;
    private const uint CapabilityVersion = 0x20080522;
    private const int CAP_DAC_OVERRIDE = 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    internal static void Run(EntryFrame* frame)
    {
        if (frame->Group != 0)
        {
            RawCalls.setfsgid(frame->Group);
        }

        if (frame->User != 0)
        {
            RawCalls.setfsuid(frame->User);
        }

        if (frame->Override)
        {
            // The change of user took it away; the change back gives all of them back.
            frame->Header[0] = CapabilityVersion;
            RawCalls.capget(frame->Header, frame->Capabilities);
            frame->Capabilities[0] |= 1u << CAP_DAC_OVERRIDE;
            RawCalls.capset(frame->Header, frame->Capabilities);
        }

        int result = frame->Remove ? RawCalls.unlinkat(frame->Parent, frame->Name, frame->Directory ? AT_REMOVEDIR : 0)
            : frame->Destination != null ? RawCalls.symlinkat(frame->Destination, frame->Parent, frame->Name)
            : frame->Directory ? RawCalls.mkdirat(frame->Parent, frame->Name, DirectoryMode)
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
        EntryFrame frame = new() { Parent = -1, Name = RawCalls.Dot, Override = true };
        Run(&frame);
        frame.Directory = true;
        Run(&frame);
        frame.Destination = RawCalls.Dot;
        Run(&frame);
        frame.Remove = true;
        Run(&frame);
        RawCalls.setfsuid(0);
        RawCalls.setfsgid(0);
    }
}
