using Mono.Cecil;

namespace ContainerManager.Tests.Architecture.Projects;

public sealed class ProjectTests
{
    private static readonly ProjectFile[] s_projects = [.. Repository.Files(".csproj", "src", "plugins").Select(ProjectFile.Read)];

    [Fact]
    public void Project_files_refer_only_to_what_they_may()
    {
        Assert.Contains(s_projects, project => project.Folder == "src/Host");
        Findings.AssertNone(s_projects.SelectMany(ProjectRules.Offences), "The table is in ProjectRules.cs.");
    }

    [Fact]
    public void Assemblies_refer_only_to_what_they_may()
    {
        Dictionary<string, string> folders = s_projects.ToDictionary(project => project.AssemblyName, project => project.Folder);

        Findings.AssertNone(s_projects.SelectMany(project => ProjectRules.Offences(project, References(project), folders)), "The table is in ProjectRules.cs.");
    }

    [Theory]
    [InlineData("plugins/Good/Good.csproj", "../../src/Abstractions/A.csproj", null)]
    [InlineData("plugins/Bad/Bad.csproj", "../../src/Host/Host.csproj", "plugins/Bad/Bad.csproj must not use src/Host")]
    [InlineData("plugins/Bad/Bad.csproj", "../Other/Other.csproj", "plugins/Bad/Bad.csproj must not use plugins/Other")]
    [InlineData("src/Cli/Cli.csproj", "../Abstractions/Abstractions.csproj", "src/Cli/Cli.csproj must not use src/Abstractions")]
    [InlineData("src/New/New.csproj", "../Linux/Linux.csproj", "src/New/New.csproj: a project that the rules do not know")]
    public void A_forbidden_reference_is_found(string path, string reference, string? offence)
    {
        ProjectFile project = ProjectFile.Parse(path, $"<Project><ItemGroup><ProjectReference Include='{reference}' /></ItemGroup></Project>");

        Assert.Equal(offence is null ? [] : [offence], ProjectRules.Offences(project));
    }

    [Fact]
    public void A_forbidden_package_is_found()
    {
        ProjectFile project = ProjectFile.Parse("src/Protocol/P.csproj", "<Project><ItemGroup><PackageReference Include='Some' /></ItemGroup></Project>");

        Assert.Equal(["src/Protocol/P.csproj must not use the package Some"], ProjectRules.Offences(project));
    }

    [Fact]
    public void A_forbidden_reference_of_an_assembly_is_found()
    {
        ProjectFile project = new("src/Cli/Cli.csproj", "cli", [], []);

        Assert.Equal(
            ["src/Cli/Cli.csproj must not use src/Host"],
            ProjectRules.Offences(project, ["System.Runtime", "server"], new Dictionary<string, string> { ["server"] = "src/Host" }));
    }

    private static IEnumerable<string> References(ProjectFile project)
    {
        using ModuleDefinition module = Assemblies.OfProject(project.Path);
        return [.. module.AssemblyReferences.Select(reference => reference.Name)];
    }
}
