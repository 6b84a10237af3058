using System.Net;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration.Startup;

/// <summary>What the server as a whole runs with. Paths are absolute and normalised. Immutable.</summary>
internal sealed record ServerOptions
{
    internal const string DefaultStateDirectory = "/var/lib/container-manager";
    internal const string DefaultSocket = "/run/container-manager/control.sock";
    internal const string DefaultBindRoot = "/yacc";
    internal const LogLevel DefaultLogLevel = LogLevel.Information;

    /// <summary>The configuration file, read again when it changes.</summary>
    internal required string ConfigurationFile { get; init; }

    /// <summary>The journal, and a directory for each plugin.</summary>
    internal required string StateDirectory { get; init; }

    /// <summary>The control socket, for <c>container-util</c>. At most 107 bytes.</summary>
    internal required string Socket { get; init; }

    /// <summary>One directory for each plugin is in it.</summary>
    internal required string PluginDirectory { get; init; }

    /// <summary>Where mounts are made for containers that the server may not enter.</summary>
    internal required string BindRoot { get; init; }

    /// <summary>The least severe messages that are logged.</summary>
    internal required LogLevel LogLevel { get; init; }

    /// <summary>How it is logged; null: for journald where that reads it, else for a person.</summary>
    internal LogFormat? LogFormat { get; init; }

    /// <summary>When the server is stopped, everything it mounted is unmounted. Otherwise it stays, and is taken over at the next start.</summary>
    internal required bool UnmountOnExit { get; init; }

    /// <summary>Whose members may ask what there is; null: nobody but root.</summary>
    internal string? ReadGroup { get; init; }

    /// <summary>Whose members may change it as well; null: nobody but root.</summary>
    internal string? ControlGroup { get; init; }

    /// <summary>Where the metrics are served besides the control socket; null: nowhere.</summary>
    internal IPEndPoint? MetricsAddress { get; init; }

    /// <summary>What the command line said, which no file overrules.</summary>
    internal Settings CommandLine { get; private init; } = new();

    /// <summary>What the server would run with if the file said this.</summary>
    internal ServerOptions With(Settings file) => Merge(ConfigurationFile, CommandLine, file);

    /// <summary>Beside the program, so that the installed folder can be moved as it is.</summary>
    internal static string DefaultPluginDirectory => Path.Combine(AppContext.BaseDirectory, "plugins");

    /// <summary>The one place where it is decided who is heard: the command line, then the file, then the default.</summary>
    internal static ServerOptions Merge(string configurationFile, Settings commandLine, Settings file) => new()
    {
        ConfigurationFile = configurationFile,
        CommandLine = commandLine,
        StateDirectory = commandLine.StateDirectory ?? file.StateDirectory ?? DefaultStateDirectory,
        Socket = commandLine.Socket ?? file.Socket ?? DefaultSocket,
        PluginDirectory = commandLine.PluginDirectory ?? file.PluginDirectory ?? DefaultPluginDirectory,
        BindRoot = commandLine.BindRoot ?? file.BindRoot ?? DefaultBindRoot,
        LogLevel = commandLine.LogLevel ?? file.LogLevel ?? DefaultLogLevel,
        LogFormat = commandLine.LogFormat ?? file.LogFormat,
        UnmountOnExit = commandLine.UnmountOnExit ?? file.UnmountOnExit ?? false,
        ReadGroup = file.ReadGroup,
        ControlGroup = file.ControlGroup,
        MetricsAddress = file.MetricsAddress,
    };
}
