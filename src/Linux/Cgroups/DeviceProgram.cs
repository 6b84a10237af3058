using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Linux;

/// <summary>The programs that decide which devices the processes of a cgroup may use (bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE; cgroup v2).</summary>
/// <remarks>The structures here are the leading parts of union bpf_attr that a command uses; the kernel takes the rest as zero.</remarks>
public static unsafe class DeviceProgram
{
    /// <summary>A cgroup takes no more (BPF_CGROUP_MAX_PROGS, linux/bpf-cgroup-defs.h).</summary>
    private const int MostPrograms = 64;
    private const int LogLength = 16 << 10;

    /// <summary>The ids of the programs that are attached to a cgroup itself.</summary>
    /// <param name="cgroup">Its directory.</param>
    /// <param name="flags">How they are attached (BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE, or 0).</param>
    /// <exception cref="KernelException">It is no cgroup of version 2. EPERM: CAP_NET_ADMIN or CAP_SYS_ADMIN is missing.</exception>
    public static uint[] Attached(SafeFileHandle cgroup, out uint flags)
    {
        uint* ids = stackalloc uint[MostPrograms];
        using HandleUse use = new(cgroup);
        QueryAttributes query = new() { Target = (uint)use.Descriptor, Type = Bpf.BPF_CGROUP_DEVICE, Ids = (ulong)ids, Count = MostPrograms };
        if (Libc.bpf(Bpf.BPF_PROG_QUERY, &query, sizeof(QueryAttributes)) < 0)
        {
            throw KernelException.Last("bpf(BPF_PROG_QUERY)", "cgroup");
        }

        flags = query.AttachFlags;
        return new Span<uint>(ids, (int)query.Count).ToArray();
    }

    /// <summary>Opens a program.</summary>
    /// <exception cref="KernelException">ENOENT: there is none of this id (any more).</exception>
    public static SafeFileHandle Open(uint id)
    {
        OpenAttributes open = new() { Id = id };
        return Owned(Libc.bpf(Bpf.BPF_PROG_GET_FD_BY_ID, &open, sizeof(OpenAttributes)), "bpf(BPF_PROG_GET_FD_BY_ID)", id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// The instructions of a program, as the kernel runs them: for programs of device cgroups, those that were loaded.
    /// </summary>
    /// <exception cref="KernelException">EPERM: CAP_BPF or CAP_SYS_ADMIN is missing.</exception>
    public static ulong[] InstructionsOf(SafeFileHandle program)
    {
        ProgramInfo info = Info(program, []);
        ulong[] instructions = new ulong[info.TranslatedLength / sizeof(ulong)];
        info = Info(program, instructions);
        return info.TranslatedInstructions != 0 || instructions.Length == 0
            ? instructions
            : throw new KernelException("bpf(BPF_OBJ_GET_INFO_BY_FD)", "instructions", Tmds.Linux.LibC.EPERM);
    }

    /// <summary>Loads a program.</summary>
    /// <exception cref="KernelException">The verifier refuses it; what it says is part of the message.</exception>
    public static SafeFileHandle Load(ReadOnlySpan<ulong> instructions)
    {
        byte* log = stackalloc byte[LogLength];
        log[0] = 0;
        fixed (ulong* code = instructions)
        fixed (byte* license = "GPL\0"u8, name = "devices_granted\0"u8)
        {
            LoadAttributes load = new()
            {
                Type = Bpf.BPF_PROG_TYPE_CGROUP_DEVICE,
                InstructionCount = (uint)instructions.Length,
                Instructions = (ulong)code,
                License = (ulong)license,
                NameLow = *(ulong*)name,
                NameHigh = *(ulong*)(name + 8),
            };
            int fd = Libc.bpf(Bpf.BPF_PROG_LOAD, &load, sizeof(LoadAttributes));
            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }

            // Once more, to be told why.
            (load.LogLevel, load.LogSize, load.Log) = (1, LogLength, (ulong)log);
            fd = Libc.bpf(Bpf.BPF_PROG_LOAD, &load, sizeof(LoadAttributes));
            return Owned(fd, "bpf(BPF_PROG_LOAD)", Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(log)).Trim());
        }
    }

    /// <summary>Attaches a program to a cgroup; where there can be only one, in the place of that.</summary>
    /// <param name="cgroup">The directory.</param>
    /// <param name="program">The program.</param>
    /// <param name="flags">How: BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE, or 0.</param>
    /// <exception cref="KernelException">EPERM: another is attached in a way that does not bear it. E2BIG: too many are.</exception>
    public static void Attach(SafeFileHandle cgroup, SafeFileHandle program, uint flags) => Attach(cgroup, program, flags, replaced: null);

    /// <summary>Puts a program in the place of one that is attached; nobody sees a moment without one.</summary>
    /// <param name="cgroup">The directory.</param>
    /// <param name="with">The new one.</param>
    /// <param name="old">The one that is attached.</param>
    /// <param name="flags">How that is attached.</param>
    /// <exception cref="KernelException">ENOENT: the old one is not attached any more.</exception>
    public static void Replace(SafeFileHandle cgroup, SafeFileHandle with, SafeFileHandle old, uint flags) =>
        Attach(cgroup, with, flags, (flags & Bpf.BPF_F_ALLOW_MULTI) != 0 ? old : null);

    private static void Attach(SafeFileHandle cgroup, SafeFileHandle program, uint flags, SafeFileHandle? replaced)
    {
        using HandleUse target = new(cgroup), programUse = new(program), replacedUse = new(replaced ?? program);
        AttachAttributes attach = new()
        {
            Target = (uint)target.Descriptor,
            Program = (uint)programUse.Descriptor,
            Type = Bpf.BPF_CGROUP_DEVICE,
            Flags = replaced is null ? flags : flags | Bpf.BPF_F_REPLACE,
            Replaced = replaced is null ? 0 : (uint)replacedUse.Descriptor,
        };
        if (Libc.bpf(Bpf.BPF_PROG_ATTACH, &attach, sizeof(AttachAttributes)) < 0)
        {
            throw KernelException.Last(replaced is null ? "bpf(BPF_PROG_ATTACH)" : "bpf(BPF_PROG_ATTACH, BPF_F_REPLACE)", "cgroup");
        }
    }

    private static ProgramInfo Info(SafeFileHandle program, Span<ulong> instructions)
    {
        using HandleUse use = new(program);
        fixed (ulong* room = instructions)
        {
            ProgramInfo info = new() { TranslatedLength = (uint)(instructions.Length * sizeof(ulong)), TranslatedInstructions = (ulong)room };
            InfoAttributes attributes = new() { Program = (uint)use.Descriptor, Length = (uint)sizeof(ProgramInfo), Info = (ulong)(&info) };
            return Libc.bpf(Bpf.BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(InfoAttributes)) >= 0
                ? info
                : throw KernelException.Last("bpf(BPF_OBJ_GET_INFO_BY_FD)", "program");
        }
    }

    private static SafeFileHandle Owned(int fd, string call, string operand) =>
        fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw KernelException.Last(call, operand);

    [StructLayout(LayoutKind.Sequential)]
    private struct QueryAttributes
    {
        internal uint Target;
        internal uint Type;
        internal uint Flags;
        internal uint AttachFlags;
        internal ulong Ids;
        internal uint Count;
        internal uint Padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct OpenAttributes
    {
        internal uint Id;
        internal uint Next;
        internal uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AttachAttributes
    {
        internal uint Target;
        internal uint Program;
        internal uint Type;
        internal uint Flags;
        internal uint Replaced;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LoadAttributes
    {
        internal uint Type;
        internal uint InstructionCount;
        internal ulong Instructions;
        internal ulong License;
        internal uint LogLevel;
        internal uint LogSize;
        internal ulong Log;
        internal uint KernelVersion;
        internal uint Flags;
        internal ulong NameLow;
        internal ulong NameHigh;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct InfoAttributes
    {
        internal uint Program;
        internal uint Length;
        internal ulong Info;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramInfo
    {
        internal uint Type;
        internal uint Id;
        internal ulong Tag;
        internal uint CompiledLength;
        internal uint TranslatedLength;
        internal ulong CompiledInstructions;
        internal ulong TranslatedInstructions;
    }
}
