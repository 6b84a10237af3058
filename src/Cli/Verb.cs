using System.CommandLine;

namespace ContainerManager.Cli;

/// <summary>One thing that a person can ask for.</summary>
internal sealed class Verb : Command
{
    internal Verb(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    /// <summary>Whole command lines.</summary>
    internal IReadOnlyList<string> Examples { get; }

    /// <summary>What it does. The result is the exit code.</summary>
    internal void Does(Func<Invocation, CancellationToken, Task<int>> work) => SetAction((line, cancellationToken) =>
        Invocation.RunAsync(line, work, cancellationToken));
}
