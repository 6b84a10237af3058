using System.Reflection;

namespace ContainerManager.Tests.Architecture.PublicApi;

/// <summary>A type as C# writes it, with its nullability.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
    };

    internal static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Of(underlying) + "?";
        }

        string mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
        {
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        if (type.IsByRef)
        {
            return Of(type.GetElementType()!, nullability);
        }

        string name = s_keywords.TryGetValue(type, out string? keyword) ? keyword : NameOf(type);
        if (!type.IsGenericType)
        {
            return name + mark;
        }

        IEnumerable<string> arguments = type.GetGenericArguments().Select((argument, i) => Of(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i)));
        return $"{name}<{string.Join(", ", arguments)}>{mark}";
    }

    /// <summary>The name with those of the types around it, without namespace and arity.</summary>
    internal static string NameOf(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type is { IsGenericParameter: false, DeclaringType: { } outer } ? $"{NameOf(outer)}.{name}" : name;
    }
}
