namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The programs under test: what build.sh has put into out/bin.</summary>
internal static class Installation
{
    internal static string Repository { get; } = Find();

    internal static string Bin { get; } = Path.Combine(Repository, "out/bin");

    internal static string Server => Program("server");

    internal static string Tool => Program("container-util");

    internal static string Client => Program("client");

    internal static string Plugins => Path.Combine(Bin, "plugins");

    private static string Program(string name)
    {
        string path = Path.Combine(Bin, name);
        Assert.True(File.Exists(path), $"{path} is missing: run ./build.sh first (./test.sh does)");
        return path;
    }

    private static string Find()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "ContainerManager.slnx")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        Assert.True(directory is not null, $"{AppContext.BaseDirectory} does not lie in the repository");
        return directory;
    }
}
