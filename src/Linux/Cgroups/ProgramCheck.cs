namespace ContainerManager.Linux;

/// <summary>
/// Runs a device program as the kernel would, to know what it says of a device without opening it. Knows the instructions that such programs
/// are made of (64 and 32 bit arithmetic, loads from the context, jumps); of another it does not guess.
/// </summary>
public static class ProgramCheck
{
    private const int MostSteps = 100_000;

    /// <summary>Whether a program lets a device be opened for reading and writing; null: it cannot be said.</summary>
    public static bool? Allows(ReadOnlySpan<ulong> program, DeviceNumber device)
    {
        const uint ReadAndWrite = 6; // BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE
        Span<uint> context = [(ReadAndWrite << 16) | (device.IsBlock ? 1u : 2u), device.Major, device.Minor];
        Span<ulong> registers = stackalloc ulong[11];
        int at = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            if ((uint)at >= (uint)program.Length)
            {
                return null;
            }

            ulong instruction = program[at++];
            if ((byte)instruction == 0x95)
            {
                return registers[0] != 0;
            }

            if (!Execute(instruction, registers, context, ref at))
            {
                return null;
            }
        }

        return null;
    }

    private static bool Execute(ulong instruction, Span<ulong> registers, ReadOnlySpan<uint> context, ref int at)
    {
        byte code = (byte)instruction;
        int destination = (int)(instruction >> 8) & 15, source = (int)(instruction >> 12) & 15;
        short offset = (short)(instruction >> 16);
        long value = (int)(instruction >> 32);
        if (destination > 9 || source > 10)
        {
            return false;
        }

        ulong operand = (code & 8) != 0 ? registers[source] : (ulong)value;
        switch (code & 7)
        {
            case 1 when source == 1 && (code & 0xE0) == 0x60: // BPF_LDX | BPF_MEM
                return Load(code, offset, context, ref registers[destination]);
            case 4: // BPF_ALU
                bool done = Calculate(code, (uint)operand, ref registers[destination], 31);
                registers[destination] = (uint)registers[destination];
                return done;
            case 7: // BPF_ALU64
                return Calculate(code, operand, ref registers[destination], 63);
            case 5 when Jumps(code, registers[destination], operand) is { } jumps: // BPF_JMP
                at += jumps ? offset : 0;
                return true;
            case 6 when Jumps(code, (uint)registers[destination], (uint)operand) is { } jumps: // BPF_JMP32
                at += jumps ? offset : 0;
                return true;
            default:
                return false;
        }
    }

    private static bool Load(byte code, short offset, ReadOnlySpan<uint> context, ref ulong register)
    {
        int size = (code & 0x18) switch { 0x00 => 4, 0x08 => 2, 0x10 => 1, _ => 0 };
        if (size == 0 || offset < 0 || offset + size > 12)
        {
            return false;
        }

        uint word = context[offset / 4] >> (8 * (offset % 4));
        register = size == 4 ? word : word & ((1u << (8 * size)) - 1);
        return true;
    }

    private static bool Calculate(byte code, ulong operand, ref ulong register, int shiftMask)
    {
        switch (code & 0xF0)
        {
            case 0x00: register += operand; return true;
            case 0x10: register -= operand; return true;
            case 0x40: register |= operand; return true;
            case 0x50: register &= operand; return true;
            case 0x60: register <<= (int)operand & shiftMask; return true;
            case 0x70: register = (shiftMask == 31 ? (uint)register : register) >> ((int)operand & shiftMask); return true;
            case 0xA0: register ^= operand; return true;
            case 0xB0: register = operand; return true;
            default: return false;
        }
    }

    private static bool? Jumps(byte code, ulong left, ulong right) => (code & 0xF0) switch
    {
        0x00 => true,
        0x10 => left == right,
        0x20 => left > right,
        0x30 => left >= right,
        0x40 => (left & right) != 0,
        0x50 => left != right,
        0xA0 => left < right,
        0xB0 => left <= right,
        _ => null,
    };
}
