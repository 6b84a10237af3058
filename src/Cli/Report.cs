using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli;

/// <summary>Says on the error stream what went wrong.</summary>
internal static class Report
{
    internal static int Failed(Failure failure, bool json)
    {
        if (json)
        {
            ErrorReply reply = new(failure.Message, failure.Hint);
            StandardStream.WriteError([.. JsonSerializer.SerializeToUtf8Bytes(reply, ControlJson.Default.ErrorReply), (byte)'\n']);
            return failure.ExitCode;
        }

        Terminal.ToError(terminal => Show(terminal, failure));
        return failure.ExitCode;
    }

    internal static int WrongUsage(ParseResult line)
    {
        string errors = string.Join("; ", line.Errors.Select(static error => string.Join(' ', error.Message.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.')));
        string help = line.CommandResult.Command is RootCommand ? "container-util --help" : $"container-util {line.CommandResult.Command.Name} --help";

        // By its place on the line: the value of an option is not to be trusted while there are errors.
        bool json = line.Tokens.Any(static token => token is { Type: TokenType.Option, Value: "--json" });
        return Failed(new Failure(ExitCode.Usage, errors, $"see '{help}'"), json);
    }

    private static void Show(Terminal terminal, Failure failure)
    {
        terminal.Write("container-util: ", Look.Bad).Sentence(failure.Message, 2).Line();
        if (failure.Hint is not null)
        {
            terminal.Write("  ").Sentence(failure.Hint, 2).Line();
        }
    }
}
