using System.Globalization;
using System.Text;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>
/// Text of a configuration file as it may stand in a message of one line: nothing that a terminal acts upon, and not too long.
/// </summary>
internal static class Printable
{
    private const int Longest = 80;

    /// <summary>In JSON's quotes, with its escapes.</summary>
    internal static string Quote(string text) => $"\"{Key(text)}\"";

    /// <summary>The same without the quotes, for a part of a key path.</summary>
    internal static string Key(string text)
    {
        var shown = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes().Take(Longest))
        {
            shown.Append(Show(rune));
        }

        return text.EnumerateRunes().Skip(Longest).Any() ? shown.Append('…').ToString() : shown.ToString();
    }

    private static string Show(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            ? string.Concat(rune.ToString().Select(c => $"\\u{(int)c:x4}"))
            : rune.ToString(),
    };
}
