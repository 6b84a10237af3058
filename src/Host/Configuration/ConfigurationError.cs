using System.Text;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration;

/// <summary>One thing that is wrong with a configuration file, said so that a person can mend it.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Position">Where in the file; null when it is about the file as a whole (it cannot be read).</param>
/// <param name="Key">
/// The way to the value, such as <c>containerConfigs.myContainer._automount./dev/nvidia0</c>; elements of an array as <c>[0]</c>.
/// Empty for the whole file.
/// </param>
/// <param name="Expected">What belongs there.</param>
/// <param name="Found">What is there instead; null where nothing is.</param>
/// <param name="Hint">What to do about it; null where the rest says it.</param>
internal sealed record ConfigurationError(
    string File,
    TextPosition? Position,
    string Key,
    string Expected,
    string? Found,
    string? Hint)
{
    /// <summary>One line in the style of compilers: <c>file:line:column: key: expected …, found … (hint)</c>.</summary>
    public override string ToString()
    {
        var line = new StringBuilder(File);
        if (Position is { } position)
        {
            line.Append(':').Append(position.Line).Append(':').Append(position.Column);
        }

        line.Append(": ");
        if (Key.Length > 0)
        {
            line.Append(Key).Append(": ");
        }

        line.Append("expected ").Append(Expected).Append(", found ").Append(Found ?? "nothing");
        return Hint is null ? line.ToString() : line.Append(" (").Append(Hint).Append(')').ToString();
    }
}
