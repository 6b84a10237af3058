using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>devices [NAME]</c></summary>
internal static class DevicesVerb
{
    private static readonly Argument<string?> s_name = new("NAME") { Description = "Only of this container", Arity = ArgumentArity.ZeroOrOne };

    internal static Verb Create()
    {
        Verb verb = new(
            "devices",
            "Shows which devices containers have: by which rule, and how node, permission, database and events do",
            "container-util devices",
            "container-util devices games",
            "container-util --json devices | jq '.devices[] | select(.reason)'");
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Containers));
        verb.Does(ListAsync);
        return verb;
    }

    private static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        DevicesReply reply = await invocation.Server.DevicesAsync(invocation.OptionalValue(s_name), cancellationToken);
        invocation.Answer(reply, ControlJson.Default.DevicesReply, terminal => new DevicesView(terminal).Write(reply));
        return ExitCode.Ok;
    }
}
