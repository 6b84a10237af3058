namespace ContainerManager.Cli;

/// <summary>Ends the program with words for a person and a number for a script.</summary>
internal sealed class Failure(int exitCode, string error, string? hint = null) : Exception(error)
{
    internal int ExitCode { get; } = exitCode;

    internal string? Hint { get; } = hint;
}
