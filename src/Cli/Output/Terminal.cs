using System.Globalization;
using System.Text;
using Spectre.Console;

namespace ContainerManager.Cli.Output;

/// <summary>
/// Writes words with colours where the reader is a terminal that wants them. Never breaks a line by itself: a path that is cut in two can be
/// neither copied nor found with grep.
/// </summary>
internal sealed class Terminal
{
    /// <summary>More than any line has; small enough for sums.</summary>
    private const int NoLimit = 1_000_000;

    private readonly IAnsiConsole _console;

    private Terminal(Page page)
    {
        // no-color.org: set to anything but nothing.
        bool plain = !page.IsTerminal || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            Out = page,
        });
        _console.Profile.Width = NoLimit;
        Width = Math.Min(NoLimit, page.Width);
    }

    /// <summary>How many cells fit on a line.</summary>
    internal int Width { get; }

    /// <summary>Writes to the standard output.</summary>
    internal static void ToOutput(Action<Terminal> words) => StandardStream.WriteOutput(Render(words, !Console.IsOutputRedirected));

    /// <summary>Writes to the standard error.</summary>
    internal static void ToError(Action<Terminal> words) => StandardStream.WriteError(Render(words, !Console.IsErrorRedirected));

    internal Terminal Write(string text, Style? style = null)
    {
        if (text.Length > 0)
        {
            _console.Write(new Text(Printable(text), style));
        }

        return this;
    }

    /// <summary>Writes it and fills up to <paramref name="width"/> cells.</summary>
    internal Terminal Column(string text, int width, Style? style = null) =>
        Write(text, style).Write(new string(' ', Math.Max(0, width - CellWidth(text))));

    internal void Line() => _console.WriteLine();

    internal static int CellWidth(string text) => Printable(text).GetCellWidth();

    /// <summary>What would be written.</summary>
    internal static string TextOf(Action<Terminal> words, bool isTerminal)
    {
        using Page page = new(isTerminal);
        words(new Terminal(page));
        return page.Writer.ToString()!;
    }

    private static byte[] Render(Action<Terminal> words, bool isTerminal) => Encoding.UTF8.GetBytes(TextOf(words, isTerminal));

    /// <summary>Names come from containers and file systems: what would steer a terminal is shown, not obeyed.</summary>
    private static string Printable(string text)
    {
        if (!text.Any(IsSteering))
        {
            return text;
        }

        StringBuilder result = new();
        foreach (char c in text)
        {
            _ = IsSteering(c) ? result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}") : result.Append(c);
        }

        return result.ToString();
    }

    private static bool IsSteering(char c) =>
        char.IsControl(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
