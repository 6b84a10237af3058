using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>Ours against the headers'. Returns a line for each difference.</summary>
internal static class Comparison
{
    internal static IEnumerable<string> Differences(
        IEnumerable<KernelConstant> ours,
        IReadOnlyDictionary<string, ulong> headers,
        IReadOnlyDictionary<string, (ulong Value, string Source)> recorded)
    {
        foreach (KernelConstant constant in ours)
        {
            bool inHeaders = headers.TryGetValue(constant.Expression, out ulong value);
            bool inRecord = recorded.TryGetValue(constant.Expression, out (ulong Value, string Source) record);
            if (inHeaders && !constant.Is(value))
            {
                yield return $"{constant.Ours} is 0x{constant.Value:x}; the headers' {constant.Expression} is 0x{value:x}";
            }

            if (inRecord && !constant.Is(record.Value))
            {
                yield return $"{constant.Ours} is 0x{constant.Value:x}; {record.Source} says 0x{record.Value:x}";
            }

            if (!inHeaders && !inRecord)
            {
                yield return $"{constant.Ours}: no header of this machine has {constant.Expression}; give its value and source in Vocabulary.Recorded";
            }
        }
    }

    internal static async Task<IEnumerable<string>> DifferencesAsync(KernelStructure structure)
    {
        (ulong[]? theirs, string errors) = await Headers.LayoutAsync(structure);
        return theirs is null ? [$"{structure.CName} with the fields of {structure.Type.Name} is in no header: {errors}"] : Differences(structure, theirs);
    }

    private static IEnumerable<string> Differences(KernelStructure structure, ulong[] theirs)
    {
        ulong size = SizeOf(structure.Type);
        if (size != theirs[0])
        {
            yield return $"{structure.CName} has {theirs[0]} bytes, {structure.Type.Name} has {size}";
        }

        for (int i = 0; i < structure.Fields.Count; i++)
        {
            (FieldInfo field, string name) = structure.Fields[i];
            (ulong, ulong) here = ((ulong)Marshal.OffsetOf(structure.Type, field.Name), SizeOf(field.FieldType));
            (ulong, ulong) there = (theirs[1 + (2 * i)], theirs[2 + (2 * i)]);
            if (here != there)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{structure.CName}.{name}: offset and size are {there}, ours {here}");
            }
        }
    }

    private static ulong SizeOf(Type type) => type.IsPointer
        ? (ulong)nint.Size
        : (ulong)(int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
