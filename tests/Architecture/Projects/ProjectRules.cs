namespace ContainerManager.Tests.Architecture.Projects;

/// <summary>Who may enter whom, project by project (docs/architecture.md).</summary>
internal static class ProjectRules
{
    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["src/Abstractions"] = [],
        ["src/Linux"] = [],
        ["src/Protocol"] = [],
        ["src/EngineApi"] = ["src/Abstractions"],
        ["src/Host"] = ["src/Abstractions", "src/Linux", "src/Protocol"],
        ["src/Client"] = ["src/Linux", "src/Protocol"],
        ["src/Cli"] = ["src/Linux", "src/Protocol"],
        ["plugins"] = ["src/Abstractions", "src/EngineApi", "src/Linux"],
    };

    /// <summary>The contracts and the messages depend on nothing but .NET itself and its CBOR package; these are kept so short on purpose.</summary>
    private static readonly Dictionary<string, string[]> s_mayUsePackages = new()
    {
        ["src/Abstractions"] = [],
        ["src/Linux"] = ["Tmds.LibC"],
        ["src/Protocol"] = ["System.Formats.Cbor"],
        ["src/EngineApi"] = [],
    };

    internal static IEnumerable<string> Offences(ProjectFile project)
    {
        if (!TryFind(project.Folder, s_mayUse, out string[] allowed))
        {
            return [$"{project.Path}: a project that the rules do not know"];
        }

        IEnumerable<string> offences = project.Projects.Except(allowed).Select(other => $"{project.Path} must not use {other}");
        return TryFind(project.Folder, s_mayUsePackages, out string[] packages)
            ? offences.Concat(project.Packages.Except(packages).Select(package => $"{project.Path} must not use the package {package}"))
            : offences;
    }

    /// <summary>The same for what the compiler left in the assembly: also what came in through another project.</summary>
    /// <param name="project">The project.</param>
    /// <param name="references">Names of the assemblies that its assembly refers to.</param>
    /// <param name="folders">Assembly name → folder, for all projects of src and plugins.</param>
    internal static IEnumerable<string> Offences(ProjectFile project, IEnumerable<string> references, IReadOnlyDictionary<string, string> folders) =>
        Offences(project with { Projects = [.. references.Where(folders.ContainsKey).Select(name => folders[name])], Packages = [] });

    private static bool TryFind(string folder, Dictionary<string, string[]> table, out string[] allowed) =>
        table.TryGetValue(folder, out allowed!) || table.TryGetValue(Path.GetDirectoryName(folder)!, out allowed!);
}
