using System.CommandLine;
using ContainerManager.Cli;

// A word that begins with '@' is a word, not a file of further arguments.
ParserConfiguration words = new() { ResponseFileTokenReplacer = null };
ParseResult line = CommandLine.Create().Parse(args, words);
if (line.Errors.Count > 0 && line.Action is not HelpWithExamples)
{
    return Report.WrongUsage(line);
}

// No clean-up to wait for: a signal ends it, as it ends any program.
return await line.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
