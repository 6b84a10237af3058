using System.CommandLine;
using ContainerManager.Cli.Inside;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>check NAME</c></summary>
internal static class CheckVerb
{
    /// <summary>What does not answer by then does not answer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly Argument<string> s_name = new("NAME") { Description = "The container" };

    private static readonly Option<string?> s_user = new("--user", "-u") { Description = "Try it as this user of the container's", HelpName = "USER" };

    internal static Verb Create()
    {
        Verb verb = new(
            "check",
            "Tries from inside a container whether its programs get what is bound there, and says why they do not",
            "container-util check games",
            "container-util check homeassistant --user 1000");
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Containers));
        verb.Options.Add(s_user);
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string name = Invocation.ContainerName(invocation.Value(s_name));
        StatusReply status = await invocation.Server.StatusAsync(cancellationToken);
        ContainerStatus container = status.Containers.FirstOrDefault(one => Invocation.Means(name, one))
            ?? throw new Failure(ExitCode.Failed, $"no container is called '{name}'", "'container-util status' lists them");
        if (container.State != "running")
        {
            throw new Failure(ExitCode.Failed, $"{name} does not run", container.Reason);
        }

        DevicesReply devices = await invocation.Server.DevicesAsync(name, cancellationToken);
        BindingStatus[] bindings = [.. container.Bindings.Where(static binding => binding.Origin != "_client")];
        Dictionary<string, ProbeResult> probes = await ProbeAsync(
            invocation, name, [.. bindings.Where(static binding => binding.State == "attached").Select(static binding => binding.Target)], cancellationToken);
        CheckReply reply = new(name, probes.Values.FirstOrDefault()?.User, [.. bindings.Select(binding => ProbeVerdict.Of(
            binding, probes.GetValueOrDefault(binding.Target), devices.Devices.FirstOrDefault(device => device.Device == binding.Source)?.Reason ?? binding.Reason))]);
        invocation.Answer(reply, ControlJson.Default.CheckReply, terminal => Show(terminal, reply));
        return reply.Results.All(static result => result.Result == "ok") ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<Dictionary<string, ProbeResult>> ProbeAsync(Invocation invocation, string name, string[] paths, CancellationToken cancellationToken)
    {
        Dictionary<string, ProbeResult> found = [];
        InsideReader inside = new(invocation.Server, name, invocation.Value(s_user));
        for (int done = 0; done < paths.Length;)
        {
            // The one that hangs is left out, and those after it are tried without it.
            done += await ProbeSomeAsync(inside, paths[done..], found, cancellationToken);
        }

        return found;
    }

    private static async Task<int> ProbeSomeAsync(InsideReader inside, string[] paths, Dictionary<string, ProbeResult> found, CancellationToken cancellationToken)
    {
        int answered = 0;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await inside.ReadAsync<ProbeResult>([ClientCommands.Probe, .. paths], Take, limit.Token);
            return paths.Length;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return answered + 1;
        }

        void Take(ProbeResult? result)
        {
            if (result is not null)
            {
                found[result.Path] = result;
                answered++;
                limit.CancelAfter(Limit);
            }
        }
    }

    private static void Show(Terminal terminal, CheckReply reply)
    {
        string user = reply.User is { } id ? $" as user {id}" : "";
        terminal.Write(reply.Container, Look.Name).Write(user, Look.Faint).Line();
        foreach (CheckResult result in reply.Results)
        {
            terminal.Write("  ").Column(result.Result, 10, result.Result switch { "ok" => Look.Good, "failed" => Look.Bad, _ => Look.Waiting });
            terminal.Write(result.Target).Sentence($": {result.Detail}", Terminal.Below).Sentence(result.Cause is { } cause ? $" ({cause})" : "", Terminal.Below, Look.Faint).Line();
            if (result.Remedy is { } remedy)
            {
                terminal.Column("", Terminal.Below).Sentence(remedy, Terminal.Below).Line();
            }
        }

        if (reply.Results.IsEmpty)
        {
            terminal.Write("  no bindings", Look.Faint).Line();
        }
    }
}
