using System.Text.RegularExpressions;

namespace ContainerManager.Tests.Architecture.Conventions;

/// <summary>A C# file of src or plugins.</summary>
/// <param name="Path">Relative to the repository.</param>
/// <param name="Text">What is in it.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    internal static IEnumerable<SourceFile> All() =>
        Repository.Files(".cs", "src", "plugins").Select(path => new SourceFile(path, File.ReadAllText(System.IO.Path.Combine(Repository.Root, path))));

    /// <summary>The text with comments and the content of strings blanked out, each line where it was.</summary>
    internal string Code => CommentsAndStrings().Replace(Text, match => NotNewline().Replace(match.Value, " "));

    /// <summary>The number of the line that a position is in, from 1.</summary>
    internal int LineAt(int position) => Text.AsSpan(0, position).Count('\n') + 1;

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\"{3,}.*?\"{3,}|@\"(?:[^\"]|\"\")*\"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'""", RegexOptions.Singleline)]
    private static partial Regex CommentsAndStrings();

    [GeneratedRegex("[^\n]")]
    private static partial Regex NotNewline();
}
