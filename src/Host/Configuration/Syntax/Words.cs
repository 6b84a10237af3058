namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>Lists of words for messages.</summary>
internal static class Words
{
    internal static string OneOf(string[] words)
    {
        string[] quoted = [.. words.Select(w => $"\"{w}\"")];
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}
