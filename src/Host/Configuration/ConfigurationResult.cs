using System.Collections.Immutable;

namespace ContainerManager.Host.Configuration;

/// <summary>What became of a configuration file: a configuration, or all that is wrong with it.</summary>
/// <param name="Configuration">Null exactly when there are errors.</param>
/// <param name="Errors">In the order of the file.</param>
internal sealed record ConfigurationResult(ServerConfiguration? Configuration, ImmutableArray<ConfigurationError> Errors)
{
    internal static ConfigurationResult Failed(params ReadOnlySpan<ConfigurationError> errors) => new(null, [.. errors]);

    /// <summary>This and, after it, what another file says: its settings are heard first, its rules last.</summary>
    internal ConfigurationResult And(ConfigurationResult later) => new(
        Configuration is { } first && later.Configuration is { } second
            ? new ServerConfiguration([.. first.Containers, .. second.Containers], second.Settings.Over(first.Settings))
            : null,
        [.. Errors, .. later.Errors]);
}
