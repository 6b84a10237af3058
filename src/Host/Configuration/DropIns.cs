namespace ContainerManager.Host.Configuration;

/// <summary>Files that packages and people put into a directory of their own, beside the file that one person edits.</summary>
internal static class DropIns
{
    /// <summary><c>/etc/container-manager.conf.d</c>.</summary>
    internal static string DirectoryBeside(string configurationFile) => configurationFile + ".d";

    /// <summary>Those of a directory, by name; hidden ones are an editor's, and not meant. A directory that is not there, or goes just now, has none.</summary>
    internal static IEnumerable<string> In(string directory)
    {
        try
        {
            return Directory.GetFiles(directory, "*.json").Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Somebody meant something by it: reading it as a file says what is wrong.
            return [directory];
        }
    }
}
