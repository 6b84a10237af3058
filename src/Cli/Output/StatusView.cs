using System.Globalization;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary><c>status</c> for a person: each container, below it one line for each binding.</summary>
internal sealed class StatusView(Terminal terminal)
{
    private const int StateWidth = 10;
    private const string Indent = "  ";

    internal void Server(StatusReply status)
    {
        terminal.Write("server ").Write(status.Version, Look.Name);
        terminal.Write(status.ConfigurationFile is null ? ", no configuration file" : $", configuration {status.ConfigurationFile}").Line();
        foreach (string error in status.ConfigurationErrors ?? [])
        {
            terminal.Write("configuration ").Write("refused", Look.Bad).Sentence($": {error}", Terminal.Below).Line();
        }

        foreach (RuntimeStatus runtime in status.Runtimes)
        {
            terminal.Write("runtime ").Write(runtime.Name, Look.Name).Write(" ").Write(runtime.State, Look.Of(runtime.State));
            terminal.Sentence(Why(runtime.Reason), Terminal.Below).Line();
        }

        // A server of an earlier version says nothing of them.
        foreach (PluginStatus plugin in status.Plugins.IsDefault ? [] : status.Plugins)
        {
            terminal.Write("plugin ").Write(plugin.Name, Look.Name).Write(" ").Write(plugin.State, Look.Of(plugin.State)).Sentence(Why(plugin.Error), Terminal.Below).Line();
        }

        if (status.Containers.IsEmpty)
        {
            terminal.Write("no containers").Line();
        }
    }

    internal void Container(ContainerStatus container)
    {
        terminal.Write(container.Name, Look.Name).Write(" ").Write(container.State, Look.Of(container.State));
        string origin = container.Runtime is null ? "" : $" ({container.Runtime}{ProcessId(container.ProcessId)})";
        terminal.Write(origin, Look.Faint).Sentence(Why(container.Reason), Terminal.Below).Line();
        if (container.Client is { } client)
        {
            terminal.Write(Indent).Write("client ").Write(client.State, Look.Of(client.State)).Sentence(Why(client.Reason), Terminal.Below);
            terminal.Write(client.Programs > 0 ? string.Create(CultureInfo.InvariantCulture, $", {client.Programs} programs") : "", Look.Faint).Line();
        }

        if (container.Bindings.IsEmpty)
        {
            terminal.Write(Indent).Write("no bindings", Look.Faint).Line();
            return;
        }

        int sourceWidth = container.Bindings.Max(static binding => Terminal.CellWidth(binding.Source));
        bool oneLine = container.Bindings.All(binding => Fits(binding, sourceWidth));
        foreach (BindingStatus binding in container.Bindings)
        {
            Binding(binding, oneLine ? sourceWidth : null);
        }
    }

    /// <param name="binding">What to show.</param>
    /// <param name="sourceWidth">Width of the sources' column; null: everything below each other.</param>
    private void Binding(BindingStatus binding, int? sourceWidth)
    {
        terminal.Write(Indent).Column(binding.State, StateWidth, Look.Of(binding.State));
        if (sourceWidth is { } width)
        {
            terminal.Column(binding.Source, width).Write(" → ").Write(binding.Target).Write(Access(binding), Look.Faint);
            terminal.Write(Why(binding.Reason)).Line();
            return;
        }

        terminal.Write(binding.Source).Line();
        terminal.Column("", Terminal.Below).Write("→ ").Write(binding.Target).Write(Access(binding), Look.Faint).Line();
        if (binding.Reason is not null)
        {
            terminal.Column("", Terminal.Below).Sentence(binding.Reason, Terminal.Below).Line();
        }
    }

    private bool Fits(BindingStatus binding, int sourceWidth) => terminal.Width >=
        Indent.Length + StateWidth + sourceWidth + Terminal.CellWidth($" → {binding.Target}{Access(binding)}{Why(binding.Reason)}");

    private static string Access(BindingStatus binding) => binding.ReadOnly ? " (read-only)" : "";

    private static string Why(string? reason) => reason is null ? "" : $": {reason}";

    private static string ProcessId(int? id) => id is { } value ? string.Create(CultureInfo.InvariantCulture, $", pid {value}") : "";
}
