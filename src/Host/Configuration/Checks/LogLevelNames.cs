using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration.Checks;

/// <summary>How people write a <see cref="LogLevel"/>, in any case of letters.</summary>
internal static class LogLevelNames
{
    internal static readonly string[] All = Enum.GetNames<LogLevel>();

    /// <summary>Null for what is no level. Unlike <see cref="Enum.TryParse{T}(string, bool, out T)"/> it takes no numbers.</summary>
    internal static LogLevel? Parse(string text) =>
        All.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse<LogLevel>(name) : null;
}
