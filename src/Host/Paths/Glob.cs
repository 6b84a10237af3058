using System.Buffers;
using System.Text;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Matches one name against a wildcard pattern as glob(7) says: <c>*</c>, <c>?</c>, <c>[…]</c>, <c>[!…]</c> with ranges and
/// <c>[:class:]</c>, a backslash before what shall stand for itself. A leading dot is matched by a dot only. Characters are
/// code points and are compared by number, as in the C locale.
/// </summary>
internal static class Glob
{
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.') && !pattern.StartsWith("\\."))
        {
            return false;
        }

        // Only the last star ever has to be tried again: what stood before it has matched as early as it could.
        int at = 0, star = -1;
        int position = 0, starPosition = 0;
        while (position < name.Length || at < pattern.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = ++at;
                starPosition = position;
            }
            else if (position < name.Length && at < pattern.Length && MatchesOne(pattern[at..], name[position..], out int taken, out int width))
            {
                at += taken;
                position += width;
            }
            else if (star >= 0 && starPosition < name.Length)
            {
                starPosition += Next(name[starPosition..]).Width;
                (at, position) = (star, starPosition);
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Matches one character of the name with what the pattern begins with, which is no star.</summary>
    private static bool MatchesOne(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name, out int taken, out int width)
    {
        (int character, width) = Next(name);
        if (pattern[0] == '?')
        {
            taken = 1;
            return true;
        }

        if (pattern[0] == '[' && Bracket.TryParse(pattern, character, out taken, out bool inside))
        {
            return inside;
        }

        int escape = pattern[0] == '\\' && pattern.Length > 1 ? 1 : 0;
        (int wanted, int wantedWidth) = Next(pattern[escape..]);
        taken = escape + wantedWidth;
        return wanted == character;
    }

    /// <summary>The code point that a text begins with; a lone surrogate counts as one.</summary>
    internal static (int Character, int Width) Next(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune rune, out int width) == OperationStatus.Done ? (rune.Value, width) : (text[0], 1);
}
