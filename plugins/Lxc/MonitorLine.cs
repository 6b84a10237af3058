using System.Text.RegularExpressions;

namespace ContainerManager.Plugins.Lxc;

/// <summary>A line of lxc-monitor(1).</summary>
internal static partial class MonitorLine
{
    /// <summary>
    /// The container that a line is about; null: the line is not one of LXC's, so nobody knows what it stands for. What it says of the
    /// container does not matter: it is looked at anew. Nor does it say in which lxcpath.
    /// </summary>
    internal static string? Container(string line) => Said().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^'([^'/]+)' (?:changed state to \[[A-Z]+\]|exited with status \[-?[0-9]+\])$", RegexOptions.CultureInvariant)]
    private static partial Regex Said();
}
