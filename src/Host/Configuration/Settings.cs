using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration;

/// <summary>
/// What somebody said about the server as a whole: <c>settings</c> in the file, or the command line. Null where they said nothing;
/// <see cref="Startup.ServerOptions"/> puts it all together. Paths are absolute and normalised.
/// </summary>
internal sealed record Settings
{
    internal string? StateDirectory { get; init; }
    internal string? Socket { get; init; }
    internal string? PluginDirectory { get; init; }
    internal string? BindRoot { get; init; }
    internal LogLevel? LogLevel { get; init; }
    internal bool? UnmountOnExit { get; init; }

    /// <summary><c>settings.plugins.NAME</c>: handed to the plugin as it is.</summary>
    internal ImmutableDictionary<string, JsonElement> Plugins { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;
}
