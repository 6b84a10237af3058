using System.CommandLine;
using System.CommandLine.Completions;

namespace ContainerManager.Cli;

/// <summary>What all arguments have in common.</summary>
internal static class Arguments
{
    /// <summary>The parser gives an option that it does not know to the next argument as its value; here a slip of the pen is an error.</summary>
    internal static Argument<T> RefusingOptions<T>(this Argument<T> argument)
    {
        argument.Validators.Add(static result =>
        {
            // Of a command only the program: what comes after it is its own.
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is ['-', ..] word)
            {
                result.AddError($"there is no option '{word}' here (a path that begins with '-' is written './-…')");
            }
        });
        return argument;
    }

    /// <summary>What can stand there, for shells.</summary>
    internal static Argument<T> Completing<T>(this Argument<T> argument, Func<CompletionContext, IEnumerable<CompletionItem>> source)
    {
        argument.CompletionSources.Add(source);
        return argument;
    }
}
