namespace ContainerManager.Tests.Architecture;

/// <summary>The tree that these tests were built from.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>All files of an extension beneath the folders, relative to the root, with forward slashes.</summary>
    internal static IEnumerable<string> Files(string extension, params string[] folders) => folders
        .Select(folder => Path.Combine(Root, folder))
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + extension, SearchOption.AllDirectories))
        .Select(file => Path.GetRelativePath(Root, file))
        .Order(StringComparer.Ordinal);

    private static string FindRoot(string directory) => File.Exists(Path.Combine(directory, "ContainerManager.slnx"))
        ? directory
        : FindRoot(Path.GetDirectoryName(directory.TrimEnd('/')) ?? throw new InvalidOperationException("these tests run from the repository's out/ folder"));
}
