using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>status [NAME]</c></summary>
internal static class StatusVerb
{
    private static readonly Argument<string?> s_name = new("NAME")
    {
        Description = "Only this container: its name, or runtime:name",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> s_check = new("--check") { Description = "Exit with 1 when something has failed, 4 when something waits" };

    internal static Verb Create()
    {
        Verb verb = new(
            "status",
            "Shows each container, each of its bindings, and why a binding is not attached",
            "container-util status",
            "container-util status web --check && echo all is there",
            "container-util --json status | jq '.containers[].bindings[] | select(.state != \"attached\")'");
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Containers));
        verb.Options.Add(s_check);
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        StatusReply status = await invocation.Server.StatusAsync(cancellationToken);
        string? name = invocation.OptionalValue(s_name);
        if (name is not null)
        {
            status = status with { Containers = [.. status.Containers.Where(container => IsCalled(container, name))] };
            if (status.Containers.IsEmpty)
            {
                throw new Failure(ExitCode.Failed, $"no container is called '{name}'", "'container-util status' lists them");
            }
        }

        invocation.Answer(status, ControlJson.Default.StatusReply, terminal => Show(new StatusView(terminal), terminal, status, name is null));
        return invocation.Value(s_check) ? Verdict(status) : ExitCode.Ok;
    }

    private static void Show(StatusView view, Terminal terminal, StatusReply status, bool all)
    {
        if (all)
        {
            view.Server(status);
        }

        for (int index = 0; index < status.Containers.Length; index++)
        {
            if (all || index > 0)
            {
                terminal.Line();
            }

            view.Container(status.Containers[index]);
        }
    }

    private static bool IsCalled(ContainerStatus container, string name) =>
        container.Name == name || $"{container.Runtime}:{container.Name}" == name;

    private static int Verdict(StatusReply status)
    {
        List<string> states =
        [
            .. (status.ConfigurationErrors ?? []).Select(static _ => "failed"),
            .. status.Runtimes.Select(static runtime => runtime.State),
            .. (status.Plugins.IsDefault ? [] : status.Plugins).Select(static plugin => plugin.State == "incomplete" ? "waiting" : "failed"),
            .. status.Containers.Select(static container => container.State),
            .. status.Containers.SelectMany(static container => container.Bindings).Select(static binding => binding.State),
        ];
        return states.Contains("failed") ? ExitCode.Failed
            : states.Exists(static state => state is "waiting" or "pending" or "connecting") ? ExitCode.Waiting
            : ExitCode.Ok;
    }
}
