using System.Collections.Immutable;

namespace ContainerManager.Host.Paths;

/// <summary>Which names one level of a pattern means: one name, those that match a wildcard, or all.</summary>
internal sealed class ComponentPattern
{
    private readonly string? _wildcard;

    private ComponentPattern(string? literal, string? wildcard)
    {
        Literal = literal;
        _wildcard = wildcard;
    }

    /// <summary>All names, those with a leading dot too: the entries of a watched directory.</summary>
    internal static ComponentPattern Every { get; } = new(null, null);

    /// <summary>The one name that is meant; null when it takes a look at the directory to know.</summary>
    internal string? Literal { get; }

    internal static ComponentPattern Exactly(string name) => new(name, null);

    internal static ImmutableArray<ComponentPattern> Split(PathPattern pattern) =>
        [.. pattern.Text.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(name => pattern.IsLiteral ? Exactly(name) : Parse(name))];

    internal bool Matches(string name) =>
        Literal is not null ? Literal == name : _wildcard is null || Glob.Matches(_wildcard, name);

    private static ComponentPattern Parse(string text) =>
        text.AsSpan().ContainsAny('*', '?', '[') ? new(null, text) : new(text, null);
}
