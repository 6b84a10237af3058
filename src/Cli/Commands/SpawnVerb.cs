using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>spawn NAME -- COMMAND…</c></summary>
internal static class SpawnVerb
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "The new container's name" };

    private static readonly Argument<string[]> s_command = new("COMMAND")
    {
        Description = "The program to run inside and its arguments, after '--'",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> s_root = new("--root") { Description = "A directory that becomes its root", HelpName = "DIR" };

    private static readonly Option<bool> s_hostUsr = new("--host-usr") { Description = "A root of its own with the host's /usr, read-only (the default)" };

    private static readonly Option<string> s_net = new("--net")
    {
        Description = "Its network: a private one with only a loopback interface, or the host's",
        HelpName = "private|host",
        DefaultValueFactory = static _ => "private",
    };

    private static readonly Option<bool> s_userNamespace = new("--user-namespace") { Description = "Root inside is not root outside" };

    internal static Verb Create()
    {
        Verb verb = new(
            "spawn",
            "Starts a light container of namespaces, without any engine",
            "container-util spawn box --host-usr -- sleep infinity",
            "container-util spawn guest --root /srv/guest --net host --user-namespace -- /bin/sh -c 'exec my-daemon'");
        verb.Arguments.Add(s_name.RefusingOptions());
        verb.Arguments.Add(s_command.RefusingOptions());
        s_net.AcceptOnlyFromAmong("private", "host");
        foreach (Option option in new Option[] { s_root, s_hostUsr, s_net, s_userNamespace })
        {
            verb.Options.Add(option);
        }

        verb.Validators.Add(static result =>
        {
            if (result.GetResult(s_root) is not null && result.GetResult(s_hostUsr) is not null)
            {
                result.AddError("--root and --host-usr exclude each other");
            }
        });
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string? root = invocation.Value(s_root) is { } directory ? Invocation.AbsolutePath(directory) : null;
        SpawnRequest request = new(
            Invocation.ContainerName(invocation.Value(s_name)),
            [.. invocation.Value(s_command)],
            root,
            invocation.Value(s_net) == "host",
            invocation.Value(s_userNamespace));
        ContainerStatus container = await invocation.Server.SpawnAsync(request, cancellationToken);
        invocation.Answer(container, ControlJson.Default.ContainerStatus, terminal => new StatusView(terminal).Container(container));
        return container.State == "failed" ? ExitCode.Failed : ExitCode.Ok;
    }
}
