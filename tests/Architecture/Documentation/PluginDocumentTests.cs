namespace ContainerManager.Tests.Architecture.Documentation;

public sealed class PluginDocumentTests
{
    [Theory]
    [InlineData("csharp", "tests/TestPlugins/PidFiles/PidFileRuntime.cs")]
    [InlineData("xml", "tests/TestPlugins/PidFiles/PidFiles.csproj")]
    public void The_sample_is_what_is_compiled(string language, string source)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/plugins.md"));

        Assert.Contains($"```{language}\n{File.ReadAllText(Path.Combine(Repository.Root, source))}```\n", text, StringComparison.Ordinal);
    }
}
