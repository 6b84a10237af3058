using System.CommandLine;
using System.CommandLine.Invocation;
using ContainerManager.Host.Configuration.Syntax;

namespace ContainerManager.Host.Configuration.Startup;

/// <summary>Does what the server is for, and returns its exit code.</summary>
internal delegate Task<int> RunServer(ServerOptions options, ServerConfiguration configuration);

/// <summary>From the arguments to a running server, or to a message that says why not.</summary>
internal static class CommandLine
{
    /// <summary>The command line or the configuration is wrong; nothing was started.</summary>
    internal const int ExitWrongInput = 2;

    /// <summary>
    /// Runs the server with what the command line and the configuration file say. Help, the version and <c>--check</c> are answered
    /// here. Signals are left alone: they are the server's business.
    /// </summary>
    /// <param name="args">Without the program's name.</param>
    /// <param name="run">Called at most once, and only when nothing is wrong.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    internal static async Task<int> InvokeAsync(string[] args, RunServer run, TextWriter output, TextWriter error)
    {
        var syntax = new CommandLineSyntax();
        ParseResult arguments = syntax.Parse(args);
        if (arguments.Action is ParseErrorAction)
        {
            return await RejectAsync(arguments, error);
        }

        if (arguments.Action is not null)
        {
            return await arguments.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        }

        string file = syntax.ConfigurationFileOf(arguments);
        ConfigurationResult result = ConfigurationFile.Load(file);
        if (result.Configuration is not { } configuration)
        {
            await WriteLinesAsync(error, result.Errors);
            return ExitWrongInput;
        }

        if (syntax.IsCheck(arguments))
        {
            await output.WriteLineAsync(Summary.Of(file, configuration));
            return 0;
        }

        return await run(ServerOptions.Merge(file, syntax.SettingsOf(arguments), configuration.Settings), configuration);
    }

    private static async Task<int> RejectAsync(ParseResult arguments, TextWriter error)
    {
        await WriteLinesAsync(error, arguments.Errors.Select(e => $"server: {e.Message}"));
        await error.WriteLineAsync($"server: {HintFor(arguments) ?? "--help shows what there is"}");
        return ExitWrongInput;
    }

    private static string? HintFor(ParseResult arguments) => arguments.UnmatchedTokens switch
    {
        [] => null,
        [['-', ..] option, ..] => NearMiss.Hint(option, arguments.CommandResult.Command.Options.Select(o => o.Name)),
        [var file, ..] => $"a configuration file is named by --config {file}",
    };

    private static async Task WriteLinesAsync<T>(TextWriter writer, IEnumerable<T> lines)
    {
        foreach (T line in lines)
        {
            await writer.WriteLineAsync($"{line}");
        }
    }
}
