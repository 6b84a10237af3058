using System.CommandLine;
using ContainerManager.Cli.Runs;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>run -- COMMAND…</c> and <c>shell</c></summary>
internal static class RunVerb
{
    private static readonly Argument<string[]> s_command = new("COMMAND")
    {
        Description = "The program to run inside and its arguments, after '--'",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> s_interactive = new("--interactive", "-i") { Description = "Our standard input is the program's" };

    private static readonly Option<bool> s_terminal = new("--tty", "-t") { Description = "Give it a terminal, of the size of ours" };

    private static readonly Option<string?> s_user = new("--user", "-u")
    {
        Description = "As whom: a name or number of the container's, with :GROUP if wanted",
        HelpName = "USER",
    };

    private static readonly Option<string[]> s_environment = new("--env", "-e")
    {
        Description = "A variable for it; without a value the one that we have",
        HelpName = "NAME[=VALUE]",
    };

    private static readonly Option<string?> s_directory = new("--cwd", "-w") { Description = "Where it starts; an absolute path inside", HelpName = "DIR" };

    private static readonly Option<bool> s_detach = new("--detach", "-d") { Description = "Do not wait for it; 'ps' shows it, 'stop' ends it. What it writes is lost" };

    private static readonly Option<bool> s_display = new("--display")
    {
        Description = "Give it our DISPLAY, WAYLAND_DISPLAY, XAUTHORITY, PULSE_SERVER and PIPEWIRE_REMOTE, as far as they are bound",
    };

    internal static Verb Create()
    {
        Verb verb = new(
            "run",
            "Runs a program in a container; its exit status is ours",
            "container-util -c web run -- ls -l /dev/ttyUSB0",
            "container-util -c desk run -it --user 1000 -- bash",
            "container-util -c desk run --display -- firefox",
            "tar -c . | container-util -c web run -i -- tar -x -C /srv");
        verb.Arguments.Add(s_command.RefusingOptions());
        AddOptions(verb, s_detach, s_interactive, s_terminal, s_user, s_environment, s_display, s_directory);
        verb.Does((invocation, cancellationToken) => invocation.Value(s_detach)
            ? DetachAsync(invocation, cancellationToken)
            : RunAsync(invocation, invocation.Value(s_command), invocation.Value(s_interactive), invocation.Value(s_terminal), cancellationToken));
        return verb;
    }

    internal static Verb CreateShell()
    {
        Verb verb = new(
            "shell",
            "Opens a shell in a container, in a terminal",
            "container-util -c web shell",
            "container-util -c desk shell --user alice");
        AddOptions(verb, s_user, s_environment, s_display, s_directory);
        verb.Does((invocation, cancellationToken) => RunAsync(
            invocation, ["/bin/sh", "-c", "if command -v bash >/dev/null; then exec bash; else exec sh; fi"], input: true, terminal: true, cancellationToken));
        return verb;
    }

    private static void AddOptions(Verb verb, params Option[] options)
    {
        foreach (Option option in options)
        {
            verb.Options.Add(option);
        }
    }

    private static async Task<int> RunAsync(Invocation invocation, string[] command, bool input, bool terminal, CancellationToken cancellationToken)
    {
        RunRequest request = new(
            command,
            [.. terminal ? OwnTerminal() : [], .. await EnvironmentAsync(invocation, cancellationToken)],
            DirectoryOf(invocation),
            invocation.Value(s_user),
            terminal ? RunSession.SizeOfWindow() : null);
        Stream server = await invocation.Server.RunAsync(invocation.Container, cancellationToken);
        invocation.HasBegun();
        return await RunSession.RunAsync(server, request, input, cancellationToken);
    }

    private static async Task<int> DetachAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Value(s_interactive) || invocation.Value(s_terminal))
        {
            throw new Failure(ExitCode.Usage, "--detach: a program that nobody waits for has neither our input nor a terminal", "leave out -i and -t");
        }

        ProgramRequest request = new(
            [.. invocation.Value(s_command)],
            [.. await EnvironmentAsync(invocation, cancellationToken)],
            DirectoryOf(invocation),
            invocation.Value(s_user));
        ProgramStatus started = await invocation.Server.StartProgramAsync(invocation.Container, request, cancellationToken);
        invocation.Answer(started, ControlJson.Default.ProgramStatus, terminal => terminal.Write(started.Id).Line());
        return ExitCode.Ok;
    }

    private static string? DirectoryOf(Invocation invocation) => invocation.Value(s_directory) is not { } directory || directory.StartsWith('/')
        ? invocation.Value(s_directory)
        : throw new Failure(ExitCode.Usage, $"--cwd: '{directory}' is not an absolute path inside the container");

    private static async Task<IEnumerable<string>> EnvironmentAsync(Invocation invocation, CancellationToken cancellationToken) =>
    [
        .. invocation.Value(s_display) ? await DisplayAsync(invocation, cancellationToken) : [],
        .. (invocation.Value(s_environment) ?? []).Select(Variable).OfType<string>(),
    ];

    private static async Task<IEnumerable<string>> DisplayAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        StatusReply status = await invocation.Server.StatusAsync(cancellationToken);
        BindingStatus[] bindings = [.. status.Containers.Where(one => Invocation.Means(invocation.Container, one)).SelectMany(static one => one.Bindings)];
        return new DisplayEnvironment(bindings, Environment.GetEnvironmentVariable).Variables();
    }

    /// <summary>Null: we do not have it either.</summary>
    private static string? Variable(string text) => text switch
    {
        _ when text.IndexOf('=') > 0 => text,
        "" or ['=', ..] => throw new Failure(ExitCode.Usage, $"--env: '{text}' names no variable"),
        _ => Environment.GetEnvironmentVariable(text) is { } value ? $"{text}={value}" : null,
    };

    private static string[] OwnTerminal() => Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } term ? ["TERM=" + term] : [];
}
