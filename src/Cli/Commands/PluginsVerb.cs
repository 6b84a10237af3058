using System.CommandLine;
using ContainerManager.Cli.Output;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Commands;

/// <summary><c>plugins</c> and <c>plugins reload NAME</c></summary>
internal static class PluginsVerb
{
    private static readonly Argument<string> s_name = new("NAME") { Description = "The plugin: the name of its folder" };

    internal static Verb Create()
    {
        Verb verb = new(
            "plugins",
            "Shows each plugin: its version, its state, what it offers, how many containers it serves, what is wrong",
            "container-util plugins",
            "container-util plugins reload Docker",
            "container-util --json plugins | jq '.plugins[] | select(.error)'");
        verb.Does(ListAsync);
        Verb reload = new(
            "reload",
            "Loads a plugin again; the containers that it serves are not touched",
            "container-util plugins reload Docker");
        reload.Arguments.Add(s_name.RefusingOptions().Completing(Completion.Plugins));
        reload.Does(ReloadAsync);
        verb.Subcommands.Add(reload);
        return verb;
    }

    private static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        PluginsReply reply = await invocation.Server.PluginsAsync(cancellationToken);
        invocation.Answer(reply, ControlJson.Default.PluginsReply, terminal => new PluginsView(terminal).Write(reply));
        return ExitCode.Ok;
    }

    private static async Task<int> ReloadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string name = invocation.Value(s_name);
        PluginStatus plugin = await invocation.Server.ReloadPluginAsync(Invocation.PluginName(name), cancellationToken);
        invocation.Answer(plugin, ControlJson.Default.PluginStatus, terminal => new PluginsView(terminal).Write(plugin));
        return plugin is { State: "loaded", Error: null } ? ExitCode.Ok : ExitCode.Failed;
    }
}
