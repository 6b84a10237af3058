using System.Text.RegularExpressions;

namespace ContainerManager.Tests.Architecture.Conventions;

/// <summary>What a file must keep to, whatever is in it. Each rule returns a line for each offence.</summary>
internal static partial class ConventionRules
{
    private const int MostLines = 350;

    internal static IEnumerable<string> TooLong(SourceFile file)
    {
        int lines = file.Text.AsSpan().Count('\n');
        return lines <= MostLines ? [] : [$"{file.Path}: {lines} lines; {MostLines} at most, and about 80 is good"];
    }

    /// <summary>Names that do not say what is inside, of files and of types.</summary>
    internal static IEnumerable<string> VagueNames(SourceFile file) => TypeNames().Matches(file.Code)
        .Select(match => match.Groups[1].Value)
        .Append(Path.GetFileNameWithoutExtension(file.Path))
        .Where(name => VagueWord().IsMatch(name))
        .Distinct()
        .Select(name => $"{file.Path}: {name} does not say what is inside");

    /// <summary>A file's namespace is its project's and its folders; Abstractions and Linux may leave the folders out.</summary>
    internal static IEnumerable<string> StrayNamespace(SourceFile file)
    {
        if (Namespace().Match(file.Code) is not { Success: true } match)
        {
            return Path.GetFileName(file.Path) is "Program.cs" or "AssemblyInfo.cs" or "GlobalUsings.cs" ? [] : [$"{file.Path}: no file-scoped namespace"];
        }

        string[] folders = Path.GetDirectoryName(file.Path)!.Split('/');
        string project = folders[0] == "src" ? $"ContainerManager.{folders[1]}" : $"ContainerManager.Plugins.{folders[1]}";
        string expected = string.Join('.', folders[2..].Prepend(project));
        bool flat = folders[1] is "Abstractions" or "Linux" or "Protocol" && match.Groups[1].Value == project;
        return flat || match.Groups[1].Value == expected ? [] : [$"{file.Path}: namespace {match.Groups[1].Value}, expected {expected}"];
    }

    /// <summary>
    /// Handlers that take every exception and keep it. One whose filter names what it takes, or that passes it on by <c>throw;</c>, is none.
    /// </summary>
    internal static IEnumerable<string> CatchAll(SourceFile file)
    {
        string code = file.Code;
        return CatchClause().Matches(code)
            .Where(match => !FilterByType().IsMatch(match.Groups["filter"].Value) && !Block(code, match.Index + match.Length - 1).Contains("throw;", StringComparison.Ordinal))
            .Select(match => $"{file.Path}:{file.LineAt(match.Index)}: catches every exception");
    }

    internal static IEnumerable<string> Delays(SourceFile file) =>
        Delay().Matches(file.Code).Select(match => $"{file.Path}:{file.LineAt(match.Index)}: {match.Value} is no way to wait for something");

    /// <summary>The text from an opening brace to its partner.</summary>
    private static string Block(string code, int open)
    {
        int depth = 0;
        for (int i = open; i < code.Length; i++)
        {
            depth += code[i] == '{' ? 1 : code[i] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return code[open..i];
            }
        }

        return code[open..];
    }

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+([A-Za-z_]\w*)")]
    private static partial Regex TypeNames();

    [GeneratedRegex(@"(?<!^Container)(?:Manager|Helpers?|Utils?|Utility|Utilities|Common|Misc)(?=[A-Z0-9]|$)")]
    private static partial Regex VagueWord();

    [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\bcatch(?:\s*\(\s*(?:System\.)?Exception\b[^)]*\))?\s*(?<filter>when\s*\([^{]*)?\{")]
    private static partial Regex CatchClause();

    [GeneratedRegex(@"\bis\s+(?!not\b)")]
    private static partial Regex FilterByType();

    [GeneratedRegex(@"\b(?:Thread\.Sleep|Task\.Delay|SpinWait\.SpinUntil)\b")]
    private static partial Regex Delay();
}
