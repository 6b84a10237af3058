namespace ContainerManager.Host.Udev;

/// <summary>The devices that are there (sysfs(5)): each is linked from its class or its bus.</summary>
internal static class SysfsDevices
{
    /// <summary>Their paths without <c>/sys</c>.</summary>
    /// <param name="sysfs">Where sysfs is mounted.</param>
    /// <param name="subsystems">Only of these; null: of all.</param>
    internal static IEnumerable<string> Enumerate(string sysfs, IReadOnlySet<string>? subsystems) =>
        Directories($"{sysfs}/class", "").Concat(Directories($"{sysfs}/bus", "/devices"))
            .Where(directory => subsystems?.Contains(directory.Subsystem) ?? true)
            .SelectMany(directory => Links(directory.Path))
            .Select(path => path[sysfs.Length..])
            .Distinct();

    private static IEnumerable<(string Subsystem, string Path)> Directories(string root, string beneath) =>
        Entries(root).Select(path => (Path.GetFileName(path), path + beneath));

    private static IEnumerable<string> Links(string directory) => Entries(directory).Select(Resolved).OfType<string>();

    /// <summary>None where there is no such directory; it may go, with its driver, while it is read.</summary>
    private static string[] Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Null: it is no link, or has just gone.</summary>
    private static string? Resolved(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName is { } path && path.Contains("/devices/", StringComparison.Ordinal) ? path : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
