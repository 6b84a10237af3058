namespace ContainerManager.Linux;

/// <summary>
/// A device program with some devices granted before it is asked: a prologue of ours, then the instructions of the runtime's own program, unchanged.
/// The prologue leaves r1, the context, as it was; what it puts into r2 to r5 the other program cannot have relied on, since they have no value
/// at the start of any (the verifier sees to it). It is recognised again, so that nothing has to be remembered to take it off.
/// </summary>
public static class GrantProgram
{
    // Instructions as in linux/bpf.h: code, registers, offset, immediate value.
    private const byte LoadWord = 0x61, AndValue = 0x57, SetValue = 0xB7, JumpUnlessEqual = 0x55, Exit = 0x95;

    /// <summary>No other program begins by putting this into r2: "cmdv".</summary>
    private const int Signature = 0x636D6476;
    private const int HeaderLength = 6;
    private const int GrantLength = 5;

    // BPF_DEVCG_DEV_BLOCK and BPF_DEVCG_DEV_CHAR.
    private const int Block = 1, Character = 2;

    /// <summary>What the program grants by our prologue; none when it has none.</summary>
    public static DeviceNumber[] GrantsOf(ReadOnlySpan<ulong> program)
    {
        DeviceNumber[] grants = new DeviceNumber[CountOf(program)];
        for (int i = 0; i < grants.Length; i++)
        {
            ReadOnlySpan<ulong> grant = program[(HeaderLength + (i * GrantLength))..];
            grants[i] = new DeviceNumber(Value(grant[0]) == Block, (uint)Value(grant[1]), (uint)Value(grant[2]));
        }

        return grants;
    }

    /// <summary>The program without our prologue.</summary>
    public static ReadOnlySpan<ulong> Without(ReadOnlySpan<ulong> program) =>
        IsOurs(program) ? program[(HeaderLength + (CountOf(program) * GrantLength))..] : program;

    /// <summary>The program with exactly these grants before it; as it is when there are none.</summary>
    public static ulong[] With(ReadOnlySpan<ulong> program, IReadOnlyCollection<DeviceNumber> grants)
    {
        ReadOnlySpan<ulong> own = Without(program);
        if (grants.Count == 0)
        {
            return own.ToArray();
        }

        List<ulong> code =
        [
            Instruction(SetValue, 2, value: Signature),
            Instruction(SetValue, 3, value: grants.Count),

            // struct bpf_cgroup_dev_ctx: type in the lower half of the first word, then major and minor number.
            Instruction(LoadWord, 2, source: 1),
            Instruction(AndValue, 2, value: 0xFFFF),
            Instruction(LoadWord, 4, source: 1, offset: 4),
            Instruction(LoadWord, 5, source: 1, offset: 8),
        ];
        foreach (DeviceNumber device in grants)
        {
            code.Add(Instruction(JumpUnlessEqual, 2, offset: 4, value: device.IsBlock ? Block : Character));
            code.Add(Instruction(JumpUnlessEqual, 4, offset: 3, value: (int)device.Major));
            code.Add(Instruction(JumpUnlessEqual, 5, offset: 2, value: (int)device.Minor));
            code.Add(Instruction(SetValue, 0, value: 1));
            code.Add(Instruction(Exit, 0));
        }

        return [.. code, .. own];
    }

    private static bool IsOurs(ReadOnlySpan<ulong> program) =>
        program.Length > HeaderLength && program[0] == Instruction(SetValue, 2, value: Signature) && (program[1] & 0xFFFFFFFF) == Instruction(SetValue, 3) &&
        Value(program[1]) is >= 0 and var count && program.Length > HeaderLength + ((long)count * GrantLength);

    private static int CountOf(ReadOnlySpan<ulong> program) => IsOurs(program) ? Value(program[1]) : 0;

    private static int Value(ulong instruction) => (int)(instruction >> 32);

    private static ulong Instruction(byte code, int destination, int source = 0, short offset = 0, int value = 0) =>
        code | ((ulong)destination << 8) | ((ulong)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)value << 32);
}
