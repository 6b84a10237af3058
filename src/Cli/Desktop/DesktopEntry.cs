using System.Text;

namespace ContainerManager.Cli.Desktop;

/// <summary>
/// A desktop entry (Desktop Entry Specification 1.5, freedesktop.org): its groups in order, with those keys that say what an application is and how it looks.
/// What the file came from is not trusted: nothing of it is executed outside, whatever it says.
/// </summary>
internal sealed class DesktopEntry
{
    private const string Main = "Desktop Entry";
    private const string ActionPrefix = "Desktop Action ";

    /// <summary>Kept as they are, also with a locale. TryExec, Path, DBusActivatable and all that is not of the specification would mean the host.</summary>
    private static readonly HashSet<string> s_kept =
    [
        "Type", "Version", "Name", "GenericName", "Comment", "Categories", "MimeType", "Keywords", "StartupNotify", "StartupWMClass", "Terminal",
        "OnlyShowIn", "NotShowIn", "Actions", "PrefersNonDefaultGPU", "SingleMainWindow",
    ];

    private readonly List<(string Name, List<(string Key, string Value)> Keys)> _groups;

    private DesktopEntry(List<(string Name, List<(string Key, string Value)> Keys)> groups) => _groups = groups;

    /// <summary>What a person calls it.</summary>
    internal string Name => Value("Name") ?? "";

    /// <summary>Its icon: a name, or a path inside.</summary>
    internal string? Icon => Value("Icon") is { Length: > 0 } icon ? icon : null;

    /// <summary>The container that an exported entry belongs to.</summary>
    internal string? Container => Value(ExportedEntry.ContainerKey);

    /// <summary>The application that an exported entry was made of.</summary>
    internal string? Application => Value(ExportedEntry.ApplicationKey);

    /// <summary>It is for menus: an application that is not hidden.</summary>
    internal bool IsShown => Value("Type") == "Application" && Name.Length > 0 && Value("Exec") is { Length: > 0 } && Value("NoDisplay") != "true" && Value("Hidden") != "true";

    /// <summary>Null: it is none.</summary>
    internal static DesktopEntry? Parse(ReadOnlySpan<byte> bytes)
    {
        List<(string Name, List<(string Key, string Value)> Keys)> groups = [];
        foreach (string line in Encoding.UTF8.GetString(bytes).Split('\n').Select(static line => line.Trim()).Where(static line => !line.Any(IsUnfit)))
        {
            if (line is ['[', .. var group, ']'])
            {
                groups.Add((group, []));
            }
            else if (groups.Count > 0 && line is not ([] or ['#', ..]) && line.IndexOf('=') is > 0 and var equals)
            {
                groups[^1].Keys.Add((line[..equals].TrimEnd(), line[(equals + 1)..].TrimStart()));
            }
        }

        return groups is [(Main, _), ..] ? new DesktopEntry(groups) : null;
    }

    /// <summary>No value has them, and some readers would take them for the end of a line.</summary>
    private static bool IsUnfit(char c) => char.IsControl(c) && c != '\t';

    /// <summary>The entry that runs it from outside.</summary>
    /// <param name="exported">How.</param>
    /// <param name="icon">The icon that it gets; null: none.</param>
    /// <returns>The text of the file; null: its command line is broken.</returns>
    internal string? Export(ExportedEntry exported, string? icon)
    {
        StringBuilder text = new();
        HashSet<string> actions = [.. (Value("Actions") ?? "").Split(';').Select(static action => ActionPrefix + action)];
        foreach ((string name, List<(string Key, string Value)> keys) in _groups)
        {
            if (name != Main && !actions.Remove(name))
            {
                continue;
            }

            text.Append(text.Length > 0 ? "\n" : "").Append('[').Append(name).Append("]\n");
            foreach ((string key, string value) in keys.DistinctBy(static pair => pair.Key))
            {
                if (key == "Exec")
                {
                    if (exported.CommandLine(value, Value("Path"), Value("Terminal") == "true") is not { } command)
                    {
                        return null;
                    }

                    text.Append("Exec=").Append(command).Append('\n');
                }
                else if (name == Main ? s_kept.Contains(key.Split('[')[0]) : key.Split('[')[0] == "Name")
                {
                    text.Append(key).Append('=').Append(value).Append('\n');
                }
            }

            if (name == Main)
            {
                text.Append(icon is null ? "" : $"Icon={icon}\n").Append(exported.Marks());
            }
        }

        return text.ToString();
    }

    private string? Value(string key) => _groups[0].Keys.Where(pair => pair.Key == key).Select(static pair => pair.Value).FirstOrDefault();
}
