using System.CommandLine;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>stop NAME</c> and <c>stop NAME/NUMBER</c></summary>
internal static class StopVerb
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "A container that was spawned, or a program by its id in 'ps'" };

    internal static Verb Create()
    {
        Verb verb = new(
            "stop", "Ends a container that 'spawn' or the configuration started, or a program that 'run --detach' did", "container-util stop box", "container-util stop box/3");
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Stoppable));
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string name = invocation.Value(s_name);
        await (name.Split('/') is [{ Length: > 0 } container, { Length: > 0 } number]
            ? invocation.Server.StopProgramAsync(container, number, cancellationToken)
            : invocation.Server.StopAsync(Invocation.ContainerName(name), cancellationToken));
        Outcome outcome = new(name, null, "stopped");
        invocation.Answer(outcome, ControlJson.Default.Outcome, terminal => terminal.Write($"{name} stopped").Line());
        return ExitCode.Ok;
    }
}
