using System.Text;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>
/// Scenarios/NAME.conf is parsed; what it means, or all that is wrong with it (line:column: key: message), is in Scenarios/NAME.expected.
/// When the output was changed on purpose, the message of the failed test has the new text.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Configuration", "Scenarios");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.conf").Select(f => Path.GetFileNameWithoutExtension(f)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_means_what_stands_beside_it(string name)
    {
        byte[] content = File.ReadAllBytes(Path.Combine(Folder, name + ".conf"));
        string expected = File.ReadAllText(Path.Combine(Folder, name + ".expected"));

        ConfigurationResult result = ConfigurationParser.Parse(content, "FILE");

        string actual = Describe(result);
        Assert.True(expected == actual, $"{name}.conf means:\n{actual}");
    }

    [Fact]
    public void Every_expectation_has_its_file() => Assert.Equal(
        Names.Select(n => (string)n),
        Directory.GetFiles(Folder, "*.expected").Select(f => Path.GetFileNameWithoutExtension(f)!).Order());

    private static string Describe(ConfigurationResult result)
    {
        var text = new StringBuilder();
        foreach (ConfigurationError error in result.Errors)
        {
            text.Append(error.ToString().AsSpan("FILE:".Length)).Append('\n');
        }

        return result.Configuration is null ? text.ToString() : text.Append(RuleText.Of(result.Configuration)).ToString();
    }
}
