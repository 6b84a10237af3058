using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace ContainerManager.Tests.Architecture.PublicApi;

/// <summary>Everything that others can see of an assembly, one line for each type and member. What a record implies is left out.</summary>
internal static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static string[] Of(IEnumerable<Type> types) =>
        [.. types.Where(IsVisible).OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(OfType)];

    private static IEnumerable<string> OfType(Type type) => Members(type).Order(StringComparer.Ordinal).Select(member => "    " + member).Prepend(Head(type));

    private static string Head(Type type)
    {
        IEnumerable<Type> parents = type.GetInterfaces().Where(parent => !type.IsEnum && !parent.Name.StartsWith("IEquatable", StringComparison.Ordinal));
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
        {
            parents = parents.Prepend(parent);
        }

        string flags = type.IsDefined(typeof(FlagsAttribute)) ? "[Flags] " : "";
        string bases = string.Join(", ", parents.Select(each => TypeText.Of(each)));
        return $"{flags}{Kind(type)} {type.Namespace}.{TypeText.Of(type)}{(bases.Length > 0 ? " : " + bases : "")}";
    }

    private static string Kind(Type type)
    {
        bool record = type.GetMethod("PrintMembers", Declared) is not null;
        return type.IsEnum ? $"enum ({TypeText.Of(type.GetEnumUnderlyingType())})"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (record ? "record struct" : "struct")
            : (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + (record ? "record" : "class");
    }

    private static IEnumerable<string> Members(Type type) => type.IsEnum
        ? Enum.GetNames(type).Select(name => $"{name} = {Convert.ToString(Convert.ChangeType(Enum.Parse(type, name), type.GetEnumUnderlyingType(), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)}")
        : type.GetConstructors(Declared).Where(IsSeen).Where(constructor => !IsCopy(constructor)).Select(constructor => $"{TypeText.NameOf(type).Split('.')[^1]}({Parameters(constructor)})")
            .Concat(type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(Field))
            .Concat(type.GetEvents(Declared).Where(each => IsSeen(each.AddMethod!)).Select(each => $"event {TypeText.Of(each.EventHandlerType!)} {each.Name}"))
            .Concat(type.GetProperties(Declared).Where(IsSeen).Select(Property))
            .Concat(type.GetMethods(Declared).Where(method => IsSeen(method) && !method.IsSpecialName && !IsGenerated(method)).Select(Method));

    private static string Field(FieldInfo field) =>
        $"{(field.IsLiteral ? "const " : field.IsStatic ? "static " : "")}{TypeText.Of(field.FieldType, new NullabilityInfoContext().Create(field))} {field.Name}{(field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "")}";

    private static string Property(PropertyInfo property)
    {
        bool init = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string accessors = (property.GetMethod is { } get && IsSeen(get) ? "get; " : "") + (property.SetMethod is { } set && IsSeen(set) ? init ? "init; " : "set; " : "");
        return $"{(property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "")}{Static(property.GetAccessors(nonPublic: true)[0])}" +
            $"{TypeText.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {property.Name} {{ {accessors}}}";
    }

    private static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
        return $"{Static(method)}{TypeText.Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter))} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        (parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : "") +
        $"{TypeText.Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter))} {parameter.Name}" +
        (parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : "")));

    private static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    private static bool IsVisible(Type type) => type.IsNested ? (type.IsNestedPublic || type.IsNestedFamily) && IsVisible(type.DeclaringType!) : type.IsPublic;

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsSeen(PropertyInfo property) => property.Name != "EqualityContract" && property.GetAccessors(nonPublic: true).Any(IsSeen);

    private static bool IsGenerated(MethodBase method) => method.IsDefined(typeof(CompilerGeneratedAttribute));

    private static bool IsCopy(ConstructorInfo constructor) => constructor.GetParameters() is [{ } only] && only.ParameterType == constructor.DeclaringType;
}
