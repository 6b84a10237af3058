using System.CommandLine;

namespace ContainerManager.Cli.Commands;

/// <summary><c>stop NAME</c></summary>
internal static class StopVerb
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "A container that was spawned" };

    internal static Verb Create()
    {
        Verb verb = new("stop", "Ends a container that 'spawn' or the configuration started", "container-util stop box");
        verb.Arguments.Add(s_name.RefusingOptions());
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string name = Invocation.ContainerName(invocation.Value(s_name));
        await invocation.Server.StopAsync(name, cancellationToken);
        Outcome outcome = new(name, null, "stopped");
        invocation.Answer(outcome, OutcomeJson.Default.Outcome, terminal => terminal.Write($"{name} stopped").Line());
        return ExitCode.Ok;
    }
}
