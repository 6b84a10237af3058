using System.CommandLine;
using System.Globalization;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>ps [NAME]</c></summary>
internal static class PsVerb
{
    private static readonly Argument<string?> s_name = new("NAME") { Description = "Only of this container", Arity = ArgumentArity.ZeroOrOne };

    internal static Verb Create()
    {
        Verb verb = new(
            "ps",
            "Shows the programs that 'run --detach' has started",
            "container-util ps",
            "container-util --json ps web | jq '.programs[] | select(.state == \"running\")'");
        verb.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Containers));
        verb.Does(ListAsync);
        return verb;
    }

    private static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        ProgramsReply all = await invocation.Server.ProgramsAsync(cancellationToken);
        string? name = invocation.OptionalValue(s_name);
        ProgramsReply reply = new([.. all.Programs.Where(program => name is null || program.Container == name)]);
        invocation.Answer(reply, ControlJson.Default.ProgramsReply, terminal => Show(terminal, reply));
        return ExitCode.Ok;
    }

    private static void Show(Terminal terminal, ProgramsReply reply)
    {
        int width = reply.Programs.Select(static program => Terminal.CellWidth(program.Id)).DefaultIfEmpty().Max();
        foreach (ProgramStatus program in reply.Programs)
        {
            string state = program.ExitStatus is { } status ? string.Create(CultureInfo.InvariantCulture, $"{program.State} {status}") : program.State;
            terminal.Column(program.Id, width, Look.Name).Write("  ").Column(state, 10, Look.Of(program.State)).Write("  ");
            terminal.Write(program.Started.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Look.Faint);
            terminal.Write($"  {string.Join(' ', program.Command)}").Line();
        }

        if (reply.Programs.IsEmpty)
        {
            terminal.Write("no programs").Line();
        }
    }
}
