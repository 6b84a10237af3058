namespace ContainerManager.Plugins.Nspawn;

/// <summary>Names of machines: host names, as systemd has it (machine-id(5), hostname(5)).</summary>
internal static class MachineName
{
    /// <summary>HOST_NAME_MAX of Linux.</summary>
    private const int Longest = 64;

    /// <summary>Fit to be a name, and so to be a file name.</summary>
    internal static bool IsValid(string name) =>
        name.Length is > 0 and <= Longest && name[0] is not ('.' or '-') && name.All(IsFit) && !name.Contains("..", StringComparison.Ordinal);

    /// <summary>What nspawn makes of the name of a directory or an image: what does not fit is left out. Null: nothing is left.</summary>
    internal static string? From(string fileName)
    {
        string name = new([.. fileName.Where(IsFit).Take(Longest)]);
        while (name.Contains("..", StringComparison.Ordinal))
        {
            name = name.Replace("..", ".", StringComparison.Ordinal);
        }

        name = name.TrimStart('.', '-').TrimEnd('.', '-');
        return IsValid(name) ? name : null;
    }

    private static bool IsFit(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
