using System.Globalization;
using System.Reflection;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>A number of ours that C code knows under a name or as an expression.</summary>
/// <param name="Ours">Where it stands: <c>Type.Member</c>.</param>
/// <param name="Expression">The same in C.</param>
/// <param name="Value">Our value, sign-extended to 64 bits.</param>
/// <param name="Bits">The width of our type; C's value is compared in that width.</param>
internal sealed record KernelConstant(string Ours, string Expression, ulong Value, int Bits)
{
    internal static KernelConstant Of(FieldInfo field, string expression)
    {
        object raw = field.GetRawConstantValue()!;
        int bits = raw is long or ulong ? 64 : 32;
        ulong value = raw is ulong large ? large : (ulong)Convert.ToInt64(raw, CultureInfo.InvariantCulture);
        return new KernelConstant($"{field.DeclaringType!.Name}.{field.Name}", expression, value, bits);
    }

    internal bool Is(ulong other) => Bits == 64 ? Value == other : (uint)Value == (uint)other;
}

/// <summary>A structure of ours that the kernel reads or fills.</summary>
/// <param name="Type">Ours.</param>
/// <param name="CName">The same in C, with <c>struct</c>.</param>
/// <param name="Fields">Our fields and their names in C.</param>
internal sealed record KernelStructure(Type Type, string CName, IReadOnlyList<(FieldInfo Ours, string CName)> Fields);
