using Mono.Cecil;

namespace ContainerManager.Tests.Architecture;

/// <summary>The compiled assemblies of src and plugins, which the build puts beside these tests.</summary>
internal static class Assemblies
{
    /// <summary>The assembly that a project of src or plugins compiles to.</summary>
    internal static ModuleDefinition OfProject(string project)
    {
        string name = Projects.ProjectFile.Read(project).AssemblyName;
        return Read(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
    }

    /// <summary>These tests themselves: their samples show that the rules find something.</summary>
    internal static ModuleDefinition Own() => Read(typeof(Assemblies).Assembly.Location);

    /// <summary>All types, nested ones too.</summary>
    internal static IEnumerable<TypeDefinition> AllTypes(this ModuleDefinition module) => module.Types.SelectMany(WithNested);

    /// <summary>The type at namespace level that a type stands in.</summary>
    internal static TypeReference Outermost(this TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) => type.NestedTypes.SelectMany(WithNested).Prepend(type);

    private static ModuleDefinition Read(string path) => ModuleDefinition.ReadModule(path, new ReaderParameters { InMemory = true });
}
