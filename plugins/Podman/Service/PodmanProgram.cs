namespace ContainerManager.Plugins.Podman.Service;

/// <summary>Where the <c>podman</c> program is. Looked for anew each time: it may be installed while the server runs.</summary>
/// <param name="searchPath">Directories, separated by colons.</param>
internal sealed class PodmanProgram(string searchPath)
{
    /// <summary>A server that is started by hand from a poor environment still finds what the distribution installs.</summary>
    internal static string SearchPath => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/bin:/usr/bin:/bin";

    /// <summary>Its absolute path, or null when it is not installed.</summary>
    internal string? Find() => searchPath.Split(':')
        .Where(directory => directory.StartsWith('/'))
        .Select(directory => Path.Combine(directory, "podman"))
        .FirstOrDefault(File.Exists);
}
