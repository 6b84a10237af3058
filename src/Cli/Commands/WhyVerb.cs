using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>why DEVICE NAME</c></summary>
internal static class WhyVerb
{
    private static readonly Argument<string> s_device = new("DEVICE") { Description = "The path of its node or of a link to it, its name, or its path in /sys" };
    private static readonly Argument<string> s_name = new("NAME") { Description = "The container" };

    internal static Verb Create()
    {
        Verb verb = new(
            "why",
            "Says whether a container gets a device: which filter means it, or the first condition of each that it does not meet",
            "container-util why /dev/ttyUSB0 homeassistant",
            "container-util why event5 games");
        verb.Arguments.Add(s_device.RefusingOptions());
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Containers));
        verb.Does(AskAsync);
        return verb;
    }

    private static async Task<int> AskAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        WhyReply reply = await invocation.Server.WhyAsync(invocation.Value(s_device), invocation.Value(s_name), cancellationToken);
        invocation.Answer(reply, ControlJson.Default.WhyReply, terminal => new DevicesView(terminal).Write(reply));
        return ExitCode.Ok;
    }
}
