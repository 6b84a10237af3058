using ContainerManager.Host.Configuration.Cdi;

namespace ContainerManager.Host.Configuration;

/// <summary>Reads a configuration file.</summary>
internal static class ConfigurationFile
{
    /// <summary>Where it is when nobody says otherwise.</summary>
    internal const string DefaultPath = "/etc/container-manager.conf";

    // A limit for mistakes such as /dev/zero; a large configuration has kilobytes.
    private const int LargestBytes = 16 * 1024 * 1024;

    /// <summary>
    /// The file, and after it what is dropped in beside it (<see cref="DropIns"/>), with the presets that they use. Never throws for what is in the files or
    /// is not: that one is missing or unreadable is an error like any other.
    /// </summary>
    internal static ConfigurationResult Load(string path) => Load(path, path, Read(path, out ConfigurationError? unreadable), unreadable);

    /// <summary>The same, if the file had the content of another, <paramref name="name"/>.</summary>
    internal static ConfigurationResult LoadWith(string path, string name, ReadOnlyMemory<byte> content) => Load(path, name, content, null);

    /// <summary>The content of one file; null: it cannot be read, and why.</summary>
    internal static ReadOnlyMemory<byte>? Read(string path, out ConfigurationError? unreadable)
    {
        unreadable = null;
        try
        {
            using FileStream file = File.OpenRead(path);
            using var content = new MemoryStream();
            byte[] buffer = new byte[64 * 1024];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                if (content.Length > LargestBytes)
                {
                    unreadable = Failed(path, $"a file of at most {LargestBytes / (1024 * 1024)} MiB", "more", null);
                    return null;
                }
            }

            return content.GetBuffer().AsMemory(0, (int)content.Length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            unreadable = Failed(path, "a configuration file", null, HintForMissing(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable = Failed(path, "a file that can be read", Directory.Exists(path) ? "a directory" : e.Message, null);
        }

        return null;
    }

    private static ConfigurationResult Load(string path, string name, ReadOnlyMemory<byte>? content, ConfigurationError? unreadable)
    {
        PresetCatalog presets = PresetCatalog.For(path);
        CdiCatalog devices = new(CdiCatalog.Directories);
        ConfigurationResult result = ParseOne(name, content, unreadable, presets, devices);
        foreach (string file in DropIns.In(DropIns.DirectoryBeside(path)))
        {
            result = result.And(ParseOne(file, Read(file, out unreadable), unreadable, presets, devices));
        }

        return result;
    }

    private static ConfigurationResult ParseOne(
        string path, ReadOnlyMemory<byte>? content, ConfigurationError? unreadable, PresetCatalog presets, CdiCatalog devices) =>
        content is { } bytes ? ConfigurationParser.Parse(bytes, path, presets, devices) : ConfigurationResult.Failed(unreadable!);

    private static ConfigurationError Failed(string path, string expected, string? found, string? hint) => new(path, null, "", expected, found, hint);

    private static string HintForMissing(string path) => path == DefaultPath
        ? $"make one that asks for nothing yet: echo '{{ \"containerConfigs\": {{}} }}' > {DefaultPath}; or name another: --config FILE"
        : "see that the name after --config is right";
}
