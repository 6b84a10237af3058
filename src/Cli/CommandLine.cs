using System.CommandLine;
using System.CommandLine.Help;
using ContainerManager.Cli.Commands;

namespace ContainerManager.Cli;

/// <summary>The verbs, and what goes with each of them.</summary>
internal static class CommandLine
{
    internal static readonly string[] Examples =
    [
        "container-util status",
        "container-util -c web bind /dev/ttyUSB0",
        "container-util spawn box --host-usr -- bash",
    ];

    internal static RootCommand Create()
    {
        RootCommand root = new("Makes paths, sockets and devices of the host appear inside running containers.");
        GlobalOptions.Container.CompletionSources.Add(Completion.Containers);
        root.Options.Add(GlobalOptions.Container);
        root.Options.Add(GlobalOptions.Json);
        root.Options.Add(GlobalOptions.Socket);
        root.Subcommands.Add(StatusVerb.Create());
        root.Subcommands.Add(TopVerb.Create());
        root.Subcommands.Add(BindVerb.Create());
        root.Subcommands.Add(UnbindVerb.Create());
        root.Subcommands.Add(SpawnVerb.Create());
        root.Subcommands.Add(StopVerb.Create());
        root.Subcommands.Add(RunVerb.Create());
        root.Subcommands.Add(RunVerb.CreateShell());
        root.Subcommands.Add(PsVerb.Create());
        root.Subcommands.Add(DesktopVerb.Create());
        root.Subcommands.Add(CheckVerb.Create());
        root.Subcommands.Add(DevicesVerb.Create());
        root.Subcommands.Add(WhyVerb.Create());
        root.Subcommands.Add(EventsVerb.Create());
        root.Subcommands.Add(PluginsVerb.Create());
        root.Subcommands.Add(ConfigVerb.Create());
        root.Subcommands.Add(DoctorVerb.Create());
        root.Subcommands.Add(CompletionVerb.Create());
        root.Subcommands.Add(ManualVerb.Create());
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }
}
