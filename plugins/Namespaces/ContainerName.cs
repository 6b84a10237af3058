namespace ContainerManager.Plugins.Namespaces;

/// <summary>The name of a container is a file name, a host name and an argument at once; so it is a plain word.</summary>
internal static class ContainerName
{
    private const int Longest = 63;

    /// <exception cref="InvalidOperationException">It is no such word.</exception>
    internal static void Check(string name)
    {
        bool right = name.Length is > 0 and <= Longest && char.IsAsciiLetterOrDigit(name[0]) &&
            name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
        if (!right)
        {
            throw new InvalidOperationException(
                $"'{name}' cannot be the name of a container: letters, digits, '_', '.' and '-', at most {Longest}, a letter or digit first");
        }
    }
}
