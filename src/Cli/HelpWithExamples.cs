using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ContainerManager.Cli;

/// <summary>The usual help, then examples, then the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool Terminating => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        IEnumerable<string> examples = parseResult.CommandResult.Command is Verb verb ? verb.Examples : CommandLine.Examples;
        Section(output, "Examples:", examples);
        Section(output, "Exit codes:", ExitCode.Explained);
        return result;
    }

    private static void Section(TextWriter output, string title, IEnumerable<string> lines)
    {
        output.WriteLine(title);
        foreach (string line in lines)
        {
            output.WriteLine("  " + line);
        }

        output.WriteLine();
    }
}
