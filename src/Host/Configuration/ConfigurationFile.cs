namespace ContainerManager.Host.Configuration;

/// <summary>Reads a configuration file.</summary>
internal static class ConfigurationFile
{
    /// <summary>Where it is when nobody says otherwise.</summary>
    internal const string DefaultPath = "/etc/container-manager.conf";

    // A limit for mistakes such as /dev/zero; a large configuration has kilobytes.
    private const int LargestBytes = 16 * 1024 * 1024;

    /// <summary>Never throws for what is in the file or is not: that it is missing or unreadable is an error like any other.</summary>
    internal static ConfigurationResult Load(string path)
    {
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
                    return Failed(path, $"a file of at most {LargestBytes / (1024 * 1024)} MiB", "more", null);
                }
            }

            return ConfigurationParser.Parse(content.GetBuffer().AsMemory(0, (int)content.Length), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed(path, "a configuration file", null, HintForMissing(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(path, "a file that can be read", Directory.Exists(path) ? "a directory" : e.Message, null);
        }
    }

    private static ConfigurationResult Failed(string path, string expected, string? found, string? hint) =>
        ConfigurationResult.Failed(new ConfigurationError(path, null, "", expected, found, hint));

    private static string HintForMissing(string path) => path == DefaultPath
        ? $"make one that asks for nothing yet: echo '{{ \"containerConfigs\": {{}} }}' > {DefaultPath}; or name another: --config FILE"
        : "see that the name after --config is right";
}
