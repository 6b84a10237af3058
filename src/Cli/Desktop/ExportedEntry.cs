using System.Text;

namespace ContainerManager.Cli.Desktop;

/// <summary>How an application of a container is started from outside.</summary>
/// <param name="Program">The path of container-util.</param>
/// <param name="Socket">The control socket where it is not the usual one; else null.</param>
/// <param name="Container">The container.</param>
/// <param name="Application">The application: the name of its desktop file inside, without <c>.desktop</c>.</param>
/// <param name="User">As whom it runs; null: as whom the container runs its programs.</param>
internal sealed record ExportedEntry(string Program, string? Socket, string Container, string Application, string? User)
{
    /// <summary>By these an exported entry is known again.</summary>
    internal const string ContainerKey = "X-ContainerManager-Container";

    /// <inheritdoc cref="ContainerKey"/>
    internal const string ApplicationKey = "X-ContainerManager-Application";

    /// <summary>What has to stand in quotation marks (Desktop Entry Specification, "The Exec key").</summary>
    private const string Reserved = " \t\n\"'\\><~|&;$*?#()`";

    /// <summary>Lines of the desktop entry.</summary>
    internal string Marks() => $"{ContainerKey}={Container}\n{ApplicationKey}={Application}\n";

    /// <summary>The value of its Exec key; null: that of the application is broken.</summary>
    /// <param name="exec">The application's Exec key.</param>
    /// <param name="directory">Its Path key.</param>
    /// <param name="terminal">It runs in a terminal.</param>
    internal string? CommandLine(string exec, string? directory, bool terminal)
    {
        if (Split(exec) is not [_, ..] command)
        {
            return null;
        }

        string[] run =
        [
            Program, .. Socket is { } socket ? ["--socket", socket] : Array.Empty<string>(), "-c", Container, "run", "--display",
            .. terminal ? ["-it"] : Array.Empty<string>(), .. User is { } user ? ["--user", user] : Array.Empty<string>(),
            .. directory is ['/', ..] ? ["--cwd", directory] : Array.Empty<string>(), "--",
        ];

        // %i and %k would be the icon and the file outside.
        return string.Join(' ', run.Select(static word => Quote(word.Replace("%", "%%", StringComparison.Ordinal)))
            .Concat(command.Where(static word => word is not ("%i" or "%k")).Select(Quote)));
    }

    /// <summary>The words of an Exec key, after the escapes of a string value; null: it is not well-formed.</summary>
    private static List<string>? Split(string exec)
    {
        List<string> words = [];
        StringBuilder? word = null;
        bool quoted = false;
        string text = Unescape(exec);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"')
            {
                quoted = !quoted;
                word ??= new StringBuilder();
            }
            else if (quoted && c == '\\' && i + 1 < text.Length)
            {
                word!.Append(text[++i]);
            }
            else if (!quoted && c is ' ' or '\t')
            {
                if (word is not null)
                {
                    words.Add(word.ToString());
                    word = null;
                }
            }
            else
            {
                (word ??= new StringBuilder()).Append(c);
            }
        }

        if (word is not null)
        {
            words.Add(word.ToString());
        }

        return quoted ? null : words;
    }

    /// <summary>The escapes of every value of type string: \s, \n, \t, \r and \\.</summary>
    private static string Unescape(string value)
    {
        StringBuilder text = new();
        for (int i = 0; i < value.Length; i++)
        {
            text.Append(value[i] != '\\' || i + 1 == value.Length ? value[i] : value[++i] switch
            {
                's' => ' ',
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                char other => other,
            });
        }

        return text.ToString();
    }

    private static string Quote(string word)
    {
        if (word.Length > 0 && !word.Any(static c => Reserved.Contains(c)))
        {
            return word;
        }

        StringBuilder quoted = new("\"");
        foreach (char c in word)
        {
            quoted.Append(c is '"' or '`' or '$' or '\\' ? "\\" : "").Append(c);
        }

        // A backslash is escaped twice: once for the quotation, once for the string value.
        return quoted.Append('"').Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\t", "\\t").ToString();
    }
}
