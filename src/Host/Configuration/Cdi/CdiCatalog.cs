using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Cdi;

/// <summary>
/// The devices that specifications of the Container Device Interface describe (https://github.com/cncf-tags/container-device-interface, SPEC.md, 1.1.0): files
/// <c>*.json</c> and <c>*.yaml</c>. Those of a later directory take the place of their namesakes. A file that is no specification has no devices.
/// </summary>
internal sealed class CdiCatalog
{
    private readonly Dictionary<string, CdiDevice> _devices = new(StringComparer.Ordinal);

    /// <param name="directories">Where they are; one that does not exist has none.</param>
    internal CdiCatalog(params IEnumerable<string> directories)
    {
        foreach (string file in directories.SelectMany(FilesIn))
        {
            foreach (CdiDevice device in TreeOf(file) is { } tree ? CdiReader.Read(tree) : [])
            {
                _devices[device.Name] = device;
            }
        }
    }

    /// <summary>Where vendors and administrators put them, by the specification.</summary>
    internal static string[] Directories { get; } = ["/etc/cdi", "/var/run/cdi"];

    /// <summary>A device; null: none of that name is there now.</summary>
    internal CdiDevice? Find(string name) => _devices.GetValueOrDefault(name);

    private static IEnumerable<string> FilesIn(string directory)
    {
        try
        {
            return Directory.GetFiles(directory).Where(file => Path.GetExtension(file) is ".json" or ".yaml" or ".yml").Order(StringComparer.Ordinal);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static SourceNode.Object? TreeOf(string file)
    {
        if (ConfigurationFile.Read(file, out _) is not { } content)
        {
            return null;
        }

        if (Path.GetExtension(file) != ".json")
        {
            return YamlTree.Read(content) as SourceNode.Object;
        }

        SourceText source = new(content, file);
        ErrorList errors = new(source);
        return SourceTreeReader.Read(source, errors) as SourceNode.Object;
    }
}
