using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>Collects what is wrong with one file, so that it can be said all at once.</summary>
internal sealed class ErrorList(SourceText source)
{
    private readonly List<(int Offset, ConfigurationError Error)> _errors = [];

    internal bool IsEmpty => _errors.Count == 0;

    internal void Add(int offset, KeyPath key, string expected, string? found, string? hint = null) =>
        _errors.Add((offset, new ConfigurationError(source.File, source.PositionOf(offset), key.ToString(), expected, found, hint)));

    internal int LineOf(int offset) => source.PositionOf(offset).Line;

    internal ImmutableArray<ConfigurationError> InOrder() => [.. _errors.OrderBy(e => e.Offset).Select(e => e.Error)];
}
