using System.CommandLine;
using ContainerManager.Cli.Desktop;
using ContainerManager.Cli.Inside;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>desktop list</c>, <c>desktop export [APP]</c> and <c>desktop remove [APP]</c></summary>
internal static class DesktopVerb
{
    private static readonly Argument<string?> s_application = new("APP") { Description = "The application, as 'desktop list' calls it [default: all]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<string?> s_user = new("--user", "-u") { Description = "As whom it runs: a user of the container's", HelpName = "USER" };

    private static readonly Option<bool> s_watch = new("--watch")
    {
        Description = "Go on: export what is installed later, remove what goes, also when the container ends",
    };

    internal static Verb Create()
    {
        Verb verb = new(
            "desktop",
            "Puts applications that are installed in a container into your own menu",
            "container-util -c desk desktop list",
            "container-util -c desk desktop export firefox",
            "container-util -c desk desktop remove");
        verb.Subcommands.Add(Sub("list", "Shows the applications of a container", ListAsync, "container-util -c desk desktop list"));
        verb.Subcommands.Add(Sub(
            "export", "Writes desktop files, with icons, that start applications inside", ExportAsync, ["container-util -c desk desktop export --watch"], s_application, s_user, s_watch));
        verb.Subcommands.Add(Sub("remove", "Removes what was exported", RemoveAsync, ["container-util -c desk desktop remove firefox"], s_application));
        return verb;
    }

    private static Verb Sub(string name, string description, Func<Invocation, CancellationToken, Task<int>> work, string example) => Sub(name, description, work, [example]);

    private static Verb Sub(string name, string description, Func<Invocation, CancellationToken, Task<int>> work, string[] examples, params Symbol[] symbols)
    {
        Verb verb = new(name, description, examples);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Option option)
            {
                verb.Options.Add(option);
            }
            else
            {
                verb.Arguments.Add((Argument)symbol);
            }
        }

        verb.Does(work);
        return verb;
    }

    private static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        IReadOnlyList<Application> applications = await new ContainerApplications(new InsideReader(invocation.Server, invocation.Container, null)).ReadAsync(cancellationToken);
        HashSet<string> exported = [.. new ExportFolder(InvokingUser.Find(), invocation.Container).Exported()];
        ApplicationsReply reply = new([.. applications.Select(application => new ApplicationStatus(application.Id, application.Entry.Name, exported.Contains(application.Id)))]);
        invocation.Answer(reply, ControlJson.Default.ApplicationsReply, terminal => Show(terminal, reply));
        return ExitCode.Ok;
    }

    private static async Task<int> ExportAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        Export export = new(invocation, invocation.OptionalValue(s_application), invocation.Value(s_user));
        if (invocation.Value(s_watch))
        {
            invocation.HasBegun();
            await export.WatchAsync(cancellationToken);
        }

        IReadOnlyList<Application> applications = await export.ReadAsync(cancellationToken);
        if (applications.Count == 0)
        {
            throw new Failure(
                ExitCode.Failed,
                invocation.OptionalValue(s_application) is { } wanted ? $"no application of {invocation.Container} is called '{wanted}'" : $"{invocation.Container} has no applications with desktop files",
                "'desktop list' shows them");
        }

        await export.WriteAsync(applications, cancellationToken);
        return ExitCode.Ok;
    }

    private static Task<int> RemoveAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string? wanted = invocation.OptionalValue(s_application);
        IReadOnlyList<string> removed = new ExportFolder(InvokingUser.Find(), invocation.Container).Remove(application => wanted is null || application == wanted);
        if (removed.Count == 0)
        {
            throw new Failure(ExitCode.Failed, wanted is null ? $"nothing of {invocation.Container} is exported" : $"'{wanted}' of {invocation.Container} is not exported");
        }

        Tell(invocation, "removed", removed);
        return Task.FromResult(ExitCode.Ok);
    }

    /// <summary>Says what became of applications.</summary>
    internal static void Tell(Invocation invocation, string what, IEnumerable<string> applications)
    {
        ApplicationsReply reply = new([.. applications.Select(application => new ApplicationStatus(application, null, what == "exported"))]);
        invocation.Answer(reply, ControlJson.Default.ApplicationsReply, terminal =>
        {
            foreach (ApplicationStatus application in reply.Applications)
            {
                terminal.Write($"{what} ").Write(application.Id, Look.Name).Line();
            }
        });
    }

    private static void Show(Terminal terminal, ApplicationsReply reply)
    {
        int width = reply.Applications.Select(static application => Terminal.CellWidth(application.Id)).DefaultIfEmpty().Max();
        foreach (ApplicationStatus application in reply.Applications)
        {
            terminal.Column(application.Id, width, Look.Name).Write($"  {application.Name}").Write(application.Exported ? "  exported" : "", Look.Good).Line();
        }

        if (reply.Applications.IsEmpty)
        {
            terminal.Write("no applications").Line();
        }
    }
}
