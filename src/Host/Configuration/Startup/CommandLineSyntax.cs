using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using ContainerManager.Host.Configuration.Checks;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host.Configuration.Startup;

/// <summary>The options of <c>server</c>.</summary>
internal sealed class CommandLineSyntax
{
    private readonly Option<string?> _config = PathOption(
        "--config", "FILE", $"The configuration file. [default: {ConfigurationFile.DefaultPath}]", PathText.LongestPath);

    private readonly Option<string?> _stateDirectory = PathOption(
        "--state-dir",
        "DIR",
        $"Where the server keeps what must survive its restart. [stateDirectory; default: {ServerOptions.DefaultStateDirectory}]",
        PathText.LongestPath);

    private readonly Option<string?> _socket = PathOption(
        "--socket",
        "PATH",
        $"The control socket, for container-util. [socket; default: {ServerOptions.DefaultSocket}]",
        PathText.LongestSocketPath);

    private readonly Option<string?> _plugins = PathOption(
        "--plugins",
        "DIR",
        "The directory of the plugins. [pluginDirectory; default: plugins, beside the server program]",
        PathText.LongestPath);

    private readonly Option<string?> _bindRoot = PathOption(
        "--bind-root",
        "DIR",
        $"Where mounts are made for containers that the server may not enter. [bindRoot; default: {ServerOptions.DefaultBindRoot}]",
        PathText.LongestPath);

    private readonly Option<LogLevel?> _logLevel = new("--log-level")
    {
        HelpName = "LEVEL",
        Description = $"What is logged: {string.Join(", ", LogLevelNames.All)}. [logLevel; default: {ServerOptions.DefaultLogLevel}]",
        CustomParser = ParseLogLevel,
    };

    private readonly Option<LogFormat?> _logFormat = new("--log-format")
    {
        HelpName = "FORMAT",
        Description = "How it is logged: text, json or journal. [logFormat; default: journal where journald reads it, else text]",
    };

    private readonly Option<bool?> _unmountOnExit = new("--unmount-on-exit")
    {
        HelpName = "true|false",
        Description = "Unmount everything when the server is stopped, instead of leaving it for the next start. [unmountOnExit; default: false]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _check = new("--check")
    {
        Description = "Read the configuration file, say what is wrong with it, start nothing.",
    };

    private readonly Command _command;

    internal CommandLineSyntax()
    {
        _command = new Command("server", "Makes paths, sockets and devices of this host appear inside running containers.")
        {
            _config, _stateDirectory, _socket, _plugins, _bindRoot, _logLevel, _logFormat, _unmountOnExit, _check,
            new VersionOption { Action = new VersionAction() },
        };
        var help = new HelpOption();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        _command.Add(help);
    }

    /// <summary>The result's action is null when there is neither an error nor a question for help or the version.</summary>
    internal ParseResult Parse(string[] args) => _command.Parse(args, new ParserConfiguration
    {
        // An argument that begins with @ is a mistake here, and no file of further arguments.
        ResponseFileTokenReplacer = null,
    });

    internal string ConfigurationFileOf(ParseResult arguments) => arguments.GetValue(_config) ?? ConfigurationFile.DefaultPath;

    internal bool IsCheck(ParseResult arguments) => arguments.GetValue(_check);

    internal Settings SettingsOf(ParseResult arguments) => new()
    {
        StateDirectory = arguments.GetValue(_stateDirectory),
        Socket = arguments.GetValue(_socket),
        PluginDirectory = arguments.GetValue(_plugins),
        BindRoot = arguments.GetValue(_bindRoot),
        LogLevel = arguments.GetValue(_logLevel),
        LogFormat = arguments.GetValue(_logFormat),
        UnmountOnExit = arguments.GetValue(_unmountOnExit),
    };

    private static Option<string?> PathOption(string name, string helpName, string description, int longest) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result => ParsePath(result, name, longest),
    };

    /// <summary>On a command line, other than in the file, a path may be relative to the current directory.</summary>
    private static string? ParsePath(ArgumentResult result, string option, int longest)
    {
        string text = result.Tokens[0].Value;
        PathFault? fault = new("a path", null);
        if (text.Length > 0 && !text.Contains('\0') && PathText.TryNormalise(Path.GetFullPath(text), out string? path, out fault, longest))
        {
            return path;
        }

        result.AddError($"{option}: expected {fault!.Expected}, found \"{text}\"");
        return null;
    }

    private static LogLevel? ParseLogLevel(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        LogLevel? level = LogLevelNames.Parse(text);
        if (level is null)
        {
            string? hint = Syntax.NearMiss.Hint(text, LogLevelNames.All);
            result.AddError($"--log-level: expected one of {string.Join(", ", LogLevelNames.All)}, found \"{text}\"{(hint is null ? "" : $" ({hint})")}");
        }

        return level;
    }
}
