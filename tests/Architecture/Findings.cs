namespace ContainerManager.Tests.Architecture;

/// <summary>What a rule found: one line for each offence.</summary>
internal static class Findings
{
    /// <summary>Unlike <c>Assert.Empty</c>, shows every line in full.</summary>
    internal static void AssertNone(IEnumerable<string> findings, string advice)
    {
        string text = string.Join('\n', findings);
        Assert.True(text.Length == 0, $"{text}\n{advice}");
    }
}
