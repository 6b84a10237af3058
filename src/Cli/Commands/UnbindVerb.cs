using System.CommandLine;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>unbind PATH</c></summary>
internal static class UnbindVerb
{
    private static readonly Argument<string> s_path = new("PATH") { Description = "The path inside the container, or the one on the host" };

    internal static Verb Create()
    {
        Verb verb = new(
            "unbind",
            "Takes out of a container what 'bind' put there",
            "container-util -c web unbind /dev/ttyUSB0",
            "container-util -c web unbind /var/www");
        verb.Arguments.Add(s_path.RefusingOptions().Completing(Completion.Targets));
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string container = invocation.Container;
        string path = Invocation.AbsolutePath(invocation.Value(s_path));
        await invocation.Server.UnbindAsync(container, path, cancellationToken);
        Outcome outcome = new(container, path, "detached");
        invocation.Answer(outcome, ControlJson.Default.Outcome, terminal => terminal.Write($"{container}: {path} detached").Line());
        return ExitCode.Ok;
    }
}
