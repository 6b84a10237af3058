using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Integration.KernelAbi;

/// <summary>Finds the constants and structures of src/Linux.</summary>
internal static partial class OurNumbers
{
    internal const BindingFlags Everything =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    internal static IEnumerable<Type> Types => typeof(KernelException).Assembly.GetTypes()
        .Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute)) && type.Namespace?.StartsWith("ContainerManager.", StringComparison.Ordinal) == true);

    /// <summary>The constants of <paramref name="types"/> in C's words, and those for which no such words are known.</summary>
    internal static (IReadOnlyList<KernelConstant> Known, IReadOnlyList<string> Unmapped) Constants(IEnumerable<Type> types)
    {
        List<KernelConstant> known = [];
        List<string> unmapped = [];
        foreach (FieldInfo field in types.SelectMany(type => type.GetFields(Everything)).Where(IsNumber))
        {
            string name = $"{field.DeclaringType!.Name}.{field.Name}";
            if (Vocabulary.OursAlone.ContainsKey(name) || Vocabulary.OursAlone.ContainsKey(field.DeclaringType.Name))
            {
                continue;
            }

            if (ExpressionOf(field, name) is { } expression)
            {
                known.Add(KernelConstant.Of(field, expression));
            }
            else
            {
                unmapped.Add(name);
            }
        }

        return (known, unmapped);
    }

    /// <summary>The structures of <paramref name="types"/> that are spelled as in C, perhaps with <c>_t</c> where the name is taken.</summary>
    internal static IReadOnlyList<KernelStructure> Structures(IEnumerable<Type> types) =>
        [.. types.Where(type => type is { IsValueType: true, IsEnum: false } && CStructure().IsMatch(type.Name)).Select(StructureOf)];

    private static KernelStructure StructureOf(Type type) => new(
        type,
        "struct " + (type.Name.EndsWith("_t", StringComparison.Ordinal) ? type.Name[..^2] : type.Name),
        [.. type.GetFields(Everything).Where(field => !field.IsStatic && !field.IsPrivate)
            .Select(field => (field, Vocabulary.Fields.GetValueOrDefault($"{type.Name}.{field.Name}", field.Name)))]);

    private static bool IsNumber(FieldInfo field) =>
        field is { IsLiteral: true } && (field.FieldType.IsEnum || (field.FieldType.IsPrimitive && field.FieldType != typeof(bool) && field.FieldType != typeof(char)));

    private static string? ExpressionOf(FieldInfo field, string name) =>
        Vocabulary.Expressions.TryGetValue(name, out string? expression) ? expression
        : field.DeclaringType!.Name == "SYS" ? "__NR_" + field.Name
        : CConstant().IsMatch(field.Name) ? field.Name
        : null;

    [GeneratedRegex("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^[A-Z][A-Z0-9]{3,}$")]
    private static partial Regex CConstant();

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex CStructure();
}
