namespace ContainerManager.Host.Configuration.Checks;

/// <summary>Names that can be a host name, a directory and an argument, all unquoted.</summary>
internal static class PlainName
{
    internal const string Description =
        "a plain name (letters, digits, \"_\", \".\" and \"-\"; at most 63; beginning with a letter or digit)";

    internal static bool Is(string name) =>
        name.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(name[0]) &&
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
