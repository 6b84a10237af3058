using System.Globalization;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary>Plugins for a person: one line each, and what is wrong on a second.</summary>
internal sealed class PluginsView(Terminal terminal)
{
    internal void Write(PluginsReply reply)
    {
        foreach (PluginStatus plugin in reply.Plugins)
        {
            Write(plugin);
        }

        if (reply.Plugins.IsEmpty)
        {
            terminal.Write("no plugins").Line();
        }

        int idle = reply.LoadContexts - reply.Plugins.Count(static plugin => plugin.State == "loaded");
        if (idle > 0)
        {
            terminal.Write(string.Create(CultureInfo.InvariantCulture, $"{idle} unloaded but still in memory"), Look.Faint).Line();
        }
    }

    internal void Write(PluginStatus plugin)
    {
        terminal.Write(plugin.Name, Look.Name).Write(plugin.Version is null ? " " : $" {plugin.Version} ").Write(plugin.State, Look.Of(plugin.State));
        if (!plugin.Offers.IsDefaultOrEmpty)
        {
            terminal.Sentence($": {string.Join(", ", plugin.Offers)}", 2);
            terminal.Write(string.Create(CultureInfo.InvariantCulture, $" ({plugin.Containers} {(plugin.Containers == 1 ? "container" : "containers")})"), Look.Faint);
        }

        terminal.Line();
        if (plugin.Error is not null)
        {
            terminal.Write("  ").Sentence(plugin.Error, 2).Line();
        }
    }
}
