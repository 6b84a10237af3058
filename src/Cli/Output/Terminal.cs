using System.Globalization;
using System.Text;
using Spectre.Console;

namespace ContainerManager.Cli.Output;

/// <summary>
/// Writes words with colours where the reader is a terminal that wants them. Breaks a line between the words of a sentence only: a path that is cut in two
/// can be neither copied nor found with grep. (One with spaces is, where a sentence quotes it.)
/// </summary>
internal sealed class Terminal
{
    /// <summary>The cell at which what belongs to an entry goes on beneath its first line.</summary>
    internal const int Below = 12;

    /// <summary>More than any line has; small enough for sums.</summary>
    private const int NoLimit = 1_000_000;

    private readonly IAnsiConsole _console;
    private readonly Page _page;

    /// <summary>What stands before and after words of a style: asked for once, as the console would lay out each word anew.</summary>
    private readonly Dictionary<Style, (string Before, string After)> _codes = [];

    /// <summary>How many cells of the line are taken.</summary>
    private int _column;

    private Terminal(Page page)
    {
        _page = page;
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
            (string before, string after) = style is { } look ? CodesOf(look) : ("", "");
            _page.Writer.Write(before);
            _page.Writer.Write(Printable(text));
            _page.Writer.Write(after);
            _column += CellWidth(text);
        }

        return this;
    }

    /// <summary>Writes it and fills up to <paramref name="width"/> cells.</summary>
    internal Terminal Column(string text, int width, Style? style = null) =>
        Write(text, style).Write(new string(' ', Math.Max(0, width - CellWidth(text))));

    /// <summary>Writes a sentence; where the terminal's line ends, it goes on in the next, at <paramref name="indent"/>.</summary>
    /// <param name="text">Words with spaces between them.</param>
    /// <param name="indent">The cell at which further lines begin.</param>
    /// <param name="style">How it looks.</param>
    internal Terminal Sentence(string text, int indent, Style? style = null)
    {
        if (_column + CellWidth(text) <= Width)
        {
            return Write(text, style);
        }

        string space = "";
        foreach (string word in text.Split(' '))
        {
            if (_column > indent && _column + space.Length + CellWidth(word) > Width)
            {
                Line();
                Write(new string(' ', indent));
                space = "";
            }

            Write(space + word, style);
            space = " ";
        }

        return this;
    }

    internal void Line()
    {
        _page.Writer.WriteLine();
        _column = 0;
    }

    internal static int CellWidth(string text) => IsPlain(text) ? text.Length : Printable(text).GetCellWidth();

    /// <summary>What would be written.</summary>
    internal static string TextOf(Action<Terminal> words, bool isTerminal)
    {
        using Page page = new(isTerminal);
        words(new Terminal(page));
        return page.Writer.ToString()!;
    }

    private static byte[] Render(Action<Terminal> words, bool isTerminal) => Encoding.UTF8.GetBytes(TextOf(words, isTerminal));

    private (string Before, string After) CodesOf(Style style)
    {
        if (!_codes.TryGetValue(style, out (string Before, string After) codes))
        {
            string[] around = _page.Aside(() => _console.Write(new Text("x", style))).Split('x');
            _codes.Add(style, codes = (around[0], around[1]));
        }

        return codes;
    }

    /// <summary>One cell for each character, and none that would do anything: what nearly all texts are.</summary>
    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>Names come from containers and file systems: what would steer a terminal is shown, not obeyed.</summary>
    private static string Printable(string text)
    {
        if (IsPlain(text) || !text.Any(IsSteering))
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
