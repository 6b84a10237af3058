using System.Globalization;
using System.Text;

namespace ContainerManager.Host.Paths;

/// <summary>A bracket expression of glob(7).</summary>
internal static class Bracket
{
    /// <summary>Reads the expression that a pattern begins with. False: it does not end, and the bracket stands for itself.</summary>
    internal static bool TryParse(ReadOnlySpan<char> pattern, int character, out int taken, out bool matches)
    {
        bool inverted = pattern.Length > 1 && pattern[1] is '!' or '^';
        int first = inverted ? 2 : 1;
        bool found = false;
        for (int at = first; at < pattern.Length; at += taken)
        {
            if (pattern[at] == ']' && at > first)
            {
                taken = at + 1;
                matches = found != inverted;
                return true;
            }

            found |= Contains(pattern[at..], character, out taken);
        }

        taken = 0;
        matches = false;
        return false;
    }

    /// <summary>Whether one element holds the character: a class, a range or a character.</summary>
    private static bool Contains(ReadOnlySpan<char> element, int character, out int taken)
    {
        int end = element.StartsWith("[:") ? element.IndexOf(":]") : -1;
        if (end > 0)
        {
            taken = end + 2;
            return IsInClass(element[2..end], character);
        }

        (int low, taken) = Glob.Next(element);
        ReadOnlySpan<char> rest = element[taken..];
        if (rest.Length < 2 || rest[0] != '-' || rest[1] == ']')
        {
            return character == low;
        }

        (int high, int width) = Glob.Next(rest[1..]);
        taken += 1 + width;
        return low <= character && character <= high;
    }

    private static bool IsInClass(ReadOnlySpan<char> name, int character) => Rune.TryCreate(character, out Rune rune) && name switch
    {
        "alnum" => Rune.IsLetterOrDigit(rune),
        "alpha" => Rune.IsLetter(rune),
        "blank" => character is ' ' or '\t',
        "cntrl" => Rune.IsControl(rune),
        "digit" => character is >= '0' and <= '9',
        "graph" => !Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune),
        "lower" => Rune.IsLower(rune),
        "print" => !Rune.IsControl(rune),
        "punct" => Rune.IsPunctuation(rune) || Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol,
        "space" => Rune.IsWhiteSpace(rune),
        "upper" => Rune.IsUpper(rune),
        "xdigit" => rune.IsAscii && char.IsAsciiHexDigit((char)character),
        _ => false,
    };
}
