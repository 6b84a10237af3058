using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>doctor</c></summary>
internal static class DoctorVerb
{
    private const int ResultWidth = 8;

    internal static Verb Create()
    {
        Verb verb = new(
            "doctor",
            "Says what the server needs of this host, whether it has it, and what to do where not",
            "container-util doctor",
            "container-util --json doctor | jq '.checks[] | select(.result != \"ok\")'");
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        DoctorReply reply = await invocation.Server.DoctorAsync(cancellationToken);
        invocation.Answer(reply, ControlJson.Default.DoctorReply, terminal => Show(terminal, reply));
        return reply.Checks.Any(static check => check.Result == "failed") ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Show(Terminal terminal, DoctorReply reply)
    {
        int width = reply.Checks.Max(static check => Terminal.CellWidth(check.Subject)) + 2;
        foreach (DoctorCheck check in reply.Checks)
        {
            terminal.Column(check.Result, ResultWidth, check.Result switch { "ok" => Look.Good, "note" => Look.Waiting, _ => Look.Bad });
            terminal.Column(check.Subject, width, Look.Name).Sentence(check.Detail, ResultWidth + width).Line();
            if (check.Remedy is not null)
            {
                terminal.Column("", ResultWidth).Sentence(check.Remedy, ResultWidth).Line();
            }
        }
    }
}
