using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>What is wrong with a path that somebody wrote.</summary>
/// <param name="Expected">What belongs there.</param>
/// <param name="Hint">What to do about it; null where the rest says it.</param>
internal sealed record PathFault(string Expected, string? Hint);

/// <summary>Paths as people write them, made into paths as rules keep them.</summary>
internal static class PathText
{
    /// <summary>Bytes of the longest path the kernel takes: PATH_MAX of <c>linux/limits.h</c> without the NUL at the end.</summary>
    internal const int LongestPath = 4095;

    /// <summary>Bytes of the longest character in UTF-8 for each of UTF-16's.</summary>
    private const int LongestCharacter = 3;

    /// <summary>Bytes of the longest socket path: <c>sun_path</c> of unix(7) without the NUL at the end.</summary>
    internal const int LongestSocketPath = 107;

    /// <summary>
    /// Drops repeated and trailing slashes and <c>.</c> components. <c>..</c> is refused and not resolved: what it means depends on
    /// symbolic links, and a rule shall mean what it says.
    /// </summary>
    internal static bool TryNormalise(
        string text,
        [NotNullWhen(true)] out string? path,
        [NotNullWhen(false)] out PathFault? fault,
        int longest = LongestPath)
    {
        if (IsNormal(text) && text.Length <= longest / LongestCharacter)
        {
            (path, fault) = (text, null);
            return true;
        }

        string[] components = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (components.Contains("."))
        {
            components = [.. components.Where(component => component != ".")];
        }

        path = "/" + string.Join('/', components);
        fault = FaultOf(text, components) ??
            (Encoding.UTF8.GetByteCount(path) > longest ? new PathFault($"a path of at most {longest} bytes", null) : null);
        return fault is null;
    }

    /// <summary>As <see cref="TryNormalise"/>, for a path whose components may hold <c>*</c>, <c>?</c> and <c>[…]</c>.</summary>
    internal static bool TryNormalisePattern(
        string text,
        [NotNullWhen(true)] out string? pattern,
        [NotNullWhen(false)] out PathFault? fault)
    {
        if (TryNormalise(text, out pattern, out fault))
        {
            fault = pattern.Contains("**", StringComparison.Ordinal)
                ? new PathFault("a pattern without \"**\"", "a \"*\" stands for one component: write one for each level")
                : pattern.Contains('[') ? pattern.Split('/').Select(GlobText.FaultOf).FirstOrDefault(f => f is not null) : null;
        }

        return fault is null;
    }

    /// <summary>What most people write: there is nothing to drop. (A name that begins with a dot is looked at.)</summary>
    private static bool IsNormal(string text) =>
        text is ['/', _, ..] && !text.EndsWith('/') && !text.Contains("//", StringComparison.Ordinal) && !text.Contains("/.", StringComparison.Ordinal) && !text.Contains('\0');

    private static PathFault? FaultOf(string text, string[] components)
    {
        if (!text.StartsWith('/'))
        {
            return new PathFault("an absolute path", HintForRelative(text));
        }

        if (text.Contains('\0'))
        {
            return new PathFault("a path without a NUL character", null);
        }

        return components.Contains("..") ? new PathFault("a path without \"..\"", "write the path it leads to") : null;
    }

    private static string HintForRelative(string text) => text switch
    {
        ['~', ..] => "\"~\" stands for no directory here: write it in full, such as /home/ada",
        ['$', ..] or ['%', ..] => "variables have no meaning here: write the path in full, or with wildcards, such as /run/user/*",
        _ => "it begins with /",
    };
}
