using ContainerManager.Linux;
using CsCheck;

namespace ContainerManager.Tests.Unit.Devices;

/// <summary>What a grant does to a runtime's program, and that it comes off again without a trace.</summary>
public sealed class GrantProgramTests
{
    private static readonly ulong[] DeniesAll = [0x00000000_000000B7, 0x95];
    private static readonly ulong[] AllowsAll = [0x00000001_000000B7, 0x95];

    private static readonly Gen<DeviceNumber> Device = Gen.Select(Gen.Bool, Gen.UInt[0, 4095], Gen.UInt[0, 1 << 20], (block, major, minor) => new DeviceNumber(block, major, minor));

    [Fact]
    public void What_is_granted_is_allowed_and_the_rest_is_as_before() => Gen.Select(Device.Array[0, 20], Device).Sample((grants, other) =>
    {
        ulong[] program = GrantProgram.With(DeniesAll, grants);
        Assert.All(grants, device => Assert.True(ProgramCheck.Allows(program, device)));
        Assert.Equal(grants.Contains(other), ProgramCheck.Allows(program, other));
        Assert.True(ProgramCheck.Allows(GrantProgram.With(AllowsAll, grants), other));
    });

    [Fact]
    public void It_comes_off_instruction_for_instruction() => Gen.Select(Device.Array[0, 20], Device.Array[0, 20]).Sample((first, second) =>
    {
        ulong[] program = GrantProgram.With(DeniesAll, first);
        Assert.Equal(first, GrantProgram.GrantsOf(program));
        Assert.Equal(GrantProgram.With(DeniesAll, second), GrantProgram.With(program, second));
        Assert.Equal(DeniesAll, GrantProgram.Without(program).ToArray());
        Assert.Equal(DeniesAll, GrantProgram.With(program, []));
    });

    [Fact]
    public void Any_program_is_looked_at_without_harm() => Gen.ULong.Array[0, 60].Sample(program =>
    {
        Assert.Equal(program, GrantProgram.Without(program).ToArray());
        _ = ProgramCheck.Allows(program, new DeviceNumber(false, 7, 1));
    });

    /// <summary>As runc compiles "c 5:* rw" and a default of denying (opencontainers/cgroups, devices/devicefilter).</summary>
    [Fact]
    public void A_program_of_a_runtime_is_understood()
    {
        ulong[] program =
        [
            0x00000000_00001261, // r2 = *(u32 *)(r1 + 0)
            0x0000FFFF_00000254, // w2 &= 0xffff
            0x00000000_00001361, // r3 = *(u32 *)(r1 + 0)
            0x00000010_00000374, // w3 >>= 16
            0x00000000_00041461, // r4 = *(u32 *)(r1 + 4)
            0x00000000_00081561, // r5 = *(u32 *)(r1 + 8)
            0x00000002_00070255, // if r2 != 2 goto +7
            0x00000000_000031BC, // w1 = w3
            0x00000006_00000154, // w1 &= 6
            0x00000000_0004315D, // if r1 != r3 goto +4
            0x00000005_00030455, // if r4 != 5 goto +3
            0x00000001_000000B4, // w0 = 1
            0x00000000_00000095, // exit
            0x00000000_000000B4, // (not reached)
            0x00000000_000000B4, // w0 = 0
            0x00000000_00000095, // exit
        ];
        Assert.True(ProgramCheck.Allows(program, new DeviceNumber(false, 5, 9)));
        Assert.False(ProgramCheck.Allows(program, new DeviceNumber(false, 7, 9)));
        Assert.False(ProgramCheck.Allows(program, new DeviceNumber(true, 5, 9)));
        Assert.True(ProgramCheck.Allows(GrantProgram.With(program, [new(false, 7, 9)]), new DeviceNumber(false, 7, 9)));
    }
}
