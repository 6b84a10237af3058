using ContainerManager.Host.State;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>Everything the server writes to its log. Those who own an outcome log it, once.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "server {Version} ready: configuration {Configuration}, socket {Socket}, {Plugins} plugins")]
    internal static partial void Ready(ILogger logger, string version, string configuration, string socket, int plugins);

    [LoggerMessage(2, LogLevel.Information, "stopping; {What}")]
    internal static partial void Stopping(ILogger logger, string what);

    [LoggerMessage(3, LogLevel.Warning, "{Message}")]
    internal static partial void Warning(ILogger logger, string message);

    [LoggerMessage(4, LogLevel.Information, "configuration {File} is in force; {Changed} of its containers are new or say something else")]
    internal static partial void ConfigurationChanged(ILogger logger, string file, int changed);

    [LoggerMessage(5, LogLevel.Error, "the configuration is not changed: {Errors}")]
    internal static partial void ConfigurationRefused(ILogger logger, string errors);

    [LoggerMessage(6, LogLevel.Information, "user {User} (pid {Process}): {Request}")]
    internal static partial void Request(ILogger logger, uint user, int process, string request);

    [LoggerMessage(10, LogLevel.Information, "{Kind} {Container} {Source} {Target} {Detail}")]
    internal static partial void Changed(ILogger logger, ChangeKind kind, string container, string? source, string? target, string? detail);

    [LoggerMessage(11, LogLevel.Debug, "{Kind} {Container} {Source} {Target} {Detail}")]
    internal static partial void BindingChanged(ILogger logger, ChangeKind kind, string container, string? source, string? target, string? detail);

    [LoggerMessage(12, LogLevel.Warning, "{Kind} {Container} {Source} {Target}: {Detail}")]
    internal static partial void ChangeFailed(ILogger logger, ChangeKind kind, string container, string? source, string? target, string? detail);

    [LoggerMessage(13, LogLevel.Information, "{Container} {Kind} {Detail}")]
    internal static partial void ClientChanged(ILogger logger, string container, string kind, string? detail);

    [LoggerMessage(20, LogLevel.Error, "plugin {Plugin} {State}: {Reason}")]
    internal static partial void PluginTrouble(ILogger logger, string plugin, string state, string reason);

    [LoggerMessage(22, LogLevel.Information, "plugin {Plugin} {State}: version {Version}, {Offers}")]
    internal static partial void PluginChanged(ILogger logger, string plugin, string state, string? version, string offers);

    [LoggerMessage(23, LogLevel.Debug, "plugin {Plugin}: {Detail}")]
    internal static partial void PluginDetail(ILogger logger, string plugin, string detail);

    [LoggerMessage(21, LogLevel.Warning, "runtime {Runtime}: {Reason}; trying again")]
    internal static partial void DiscoveryFailed(ILogger logger, string runtime, string reason);

    [LoggerMessage(24, LogLevel.Information, "devices are followed through {Source}")]
    internal static partial void DevicesFollowed(ILogger logger, string source);

    [LoggerMessage(30, LogLevel.Error, "{Name} failed and goes on without")]
    internal static partial void Fault(ILogger logger, string name, Exception exception);
}
