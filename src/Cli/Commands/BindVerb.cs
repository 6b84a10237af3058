using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>bind PATH</c></summary>
internal static class BindVerb
{
    private static readonly Argument<string> s_path = new("PATH") { Description = "A path on the host; it need not exist yet" };

    private static readonly Option<string?> s_to = new("--to") { Description = "Where it goes inside [default: the same path]", HelpName = "TARGET" };

    private static readonly Option<bool> s_readOnly = new("--read-only") { Description = "The container can read it, not change it" };

    internal static Verb Create()
    {
        Verb verb = new(
            "bind",
            "Makes a path of the host appear in a running container, now and whenever it comes back",
            "container-util -c web bind /dev/ttyUSB0",
            "container-util -c web bind ./site --to /var/www --read-only");
        verb.Arguments.Add(s_path.RefusingOptions());
        verb.Options.Add(s_to);
        verb.Options.Add(s_readOnly);
        verb.Does(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string container = invocation.Container;
        string source = Invocation.AbsolutePath(invocation.Value(s_path));
        BindRequest request = new(source, Target(invocation.Value(s_to)), invocation.Value(s_readOnly));
        BindingStatus binding = await invocation.Server.BindAsync(container, request, cancellationToken);
        if (binding.State == "failed" && !invocation.Json)
        {
            throw new Failure(ExitCode.Failed, $"{container}: {binding.Source} → {binding.Target} failed: {binding.Reason ?? "no reason given"}");
        }

        invocation.Answer(binding, ControlJson.Default.BindingStatus, terminal => Show(terminal, container, binding));
        return binding.State == "failed" ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void Show(Terminal terminal, string container, BindingStatus binding)
    {
        terminal.Write(container, Look.Name).Write($": {binding.Source} → {binding.Target} ").Write(binding.State, Look.Of(binding.State));
        terminal.Write(binding.Reason is null ? "" : $": {binding.Reason}").Line();
    }

    /// <summary>The working directory is the host's and says nothing of the inside.</summary>
    private static string? Target(string? path) => path is null || path.StartsWith('/')
        ? path
        : throw new Failure(ExitCode.Usage, $"--to: '{path}' is not an absolute path", "it names a place inside the container: begin it with '/'");
}
