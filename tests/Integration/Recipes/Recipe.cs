using System.Text.RegularExpressions;
using ContainerManager.Tests.Integration.Scenarios;

namespace ContainerManager.Tests.Integration.Recipes;

/// <summary>What a section of a document tells people to write and to type.</summary>
/// <param name="Configuration">The first JSON in it.</param>
/// <param name="Commands">Each line of its shell blocks, without comments.</param>
internal sealed partial record Recipe(string Configuration, string[] Commands)
{
    /// <param name="document">From the repository's root.</param>
    /// <param name="heading">The section's; empty: what stands before the first.</param>
    internal static Recipe Of(string document, string heading)
    {
        string section = Sections(document).Single(section => HeadingOf(section) == heading);
        return new Recipe(
            Block().Matches(section).Where(block => block.Groups[1].Value == "json").Select(block => block.Groups[2].Value).FirstOrDefault(""),
            [.. Block().Matches(section).Where(block => block.Groups[1].Value == "sh").SelectMany(block => block.Groups[2].Value.Split('\n')).Select(WithoutComment).Where(line => line.Length > 0)]);
    }

    /// <summary>The headings of the sections that have commands.</summary>
    internal static string[] WithCommands(string document) => [.. Sections(document).Select(HeadingOf).Where(heading => Of(document, heading).Commands.Length > 0)];

    private static string[] Sections(string document) => File.ReadAllText(Path.Combine(Installation.Repository, document)).Split("\n## ");

    private static string HeadingOf(string section) => section.StartsWith('#') ? "" : section.Split('\n')[0];

    private static string WithoutComment(string line) => Comment().Replace(line, "").Trim();

    [GeneratedRegex("^```(\\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("(^| +)#.*$")]
    private static partial Regex Comment();
}
