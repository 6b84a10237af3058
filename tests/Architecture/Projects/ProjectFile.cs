using System.Xml.Linq;

namespace ContainerManager.Tests.Architecture.Projects;

/// <summary>What a project file says.</summary>
/// <param name="Path">Relative to the repository.</param>
/// <param name="AssemblyName">The name of its assembly.</param>
/// <param name="Projects">Folders of the projects it refers to, such as <c>src/Linux</c>.</param>
/// <param name="Packages">Packages it refers to.</param>
internal sealed record ProjectFile(string Path, string AssemblyName, string[] Projects, string[] Packages)
{
    /// <summary>Its folder, such as <c>plugins/Docker</c>.</summary>
    internal string Folder => System.IO.Path.GetDirectoryName(Path)!;

    internal static ProjectFile Read(string path) => Parse(path, File.ReadAllText(System.IO.Path.Combine(Repository.Root, path)));

    internal static ProjectFile Parse(string path, string text)
    {
        XElement project = XElement.Parse(text);
        string folder = System.IO.Path.Combine("/", System.IO.Path.GetDirectoryName(path)!);
        return new ProjectFile(
            path,
            project.Descendants("AssemblyName").FirstOrDefault()?.Value ?? System.IO.Path.GetFileNameWithoutExtension(path),
            [.. Includes(project, "ProjectReference").Select(other =>
                System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(other, folder))![1..])],
            [.. Includes(project, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XElement project, string item) => project.Descendants(item).Select(element => element.Attribute("Include")!.Value);
}
