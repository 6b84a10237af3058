using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>events [--follow]</c></summary>
internal static class EventsVerb
{
    private static readonly Option<bool> s_follow = new("--follow", "-f") { Description = "Show what happens from now on, until interrupted" };

    internal static Verb Create()
    {
        Verb verb = new(
            "events",
            "Shows what happened lately: containers that came and went, what was attached, what failed",
            "container-util events",
            "container-util events --follow",
            "container-util --json events --follow | jq --unbuffered 'select(.kind == \"failed\")'");
        verb.Options.Add(s_follow);
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        bool follow = invocation.Value(s_follow);
        if (follow)
        {
            invocation.HasBegun();
        }

        await foreach (EventRecord record in invocation.Server.EventsAsync(follow, cancellationToken))
        {
            invocation.Answer(record, ControlJson.Default.EventRecord, terminal => EventView.Write(terminal, record));
        }

        // The server ends a stream only when it goes itself.
        return follow ? throw new Failure(ExitCode.NotRunning, "the server has stopped") : ExitCode.Ok;
    }
}
