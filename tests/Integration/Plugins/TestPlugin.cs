using ContainerManager.Tests.Integration.Scenarios;

namespace ContainerManager.Tests.Integration.Plugins;

/// <summary>The plugins of tests/TestPlugins, as test.sh has built them.</summary>
internal static class TestPlugin
{
    /// <summary>The folder that a project was built into.</summary>
    internal static string Built(string project)
    {
        string folder = Path.Combine(Installation.Bin, "..", "test-plugins", project);
        Assert.True(Directory.Exists(folder), $"{folder} is missing: ./test.sh builds it (dotnet msbuild tests/TestPlugins/TestPlugins.proj)");
        return folder;
    }

    /// <summary>The assembly of a project.</summary>
    internal static string Assembly(string project) => Directory.GetFiles(Built(project), "*.deps.json").Single().Replace(".deps.json", ".dll", StringComparison.Ordinal);

    /// <summary>Copies a plugin into a plugin directory; returns its folder there.</summary>
    internal static string Install(string project, string directory, string? name = null)
    {
        string folder = Path.Combine(directory, name ?? project);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(Built(project)))
        {
            string fileName = Path.GetFileName(file);
            File.Copy(file, Path.Combine(folder, file == Assembly(project) ? Path.GetFileName(folder) + ".dll" : fileName), overwrite: true);
        }

        return folder;
    }
}
