using System.Globalization;
using ContainerManager.Protocol;

namespace ContainerManager.Cli.Output;

/// <summary>One screen: what runs, how its bindings are, what is wrong, and what happens.</summary>
/// <param name="terminal">Where it is written.</param>
/// <param name="width">Cells of a line; longer ones are cut.</param>
/// <param name="height">Lines of the screen; what does not fit is counted.</param>
internal sealed class TopView(Terminal terminal, int width, int height)
{
    private const int StateWidth = 9, NumberWidth = 9, LeastNameWidth = 12;

    internal void Write(StatusReply status, string? latency, IReadOnlyCollection<EventRecord> events, TopScroll scroll)
    {
        BindingStatus[] bindings = [.. status.Containers.SelectMany(static container => container.Bindings)];
        string[] troubles = [.. TroublesOf(status)];
        Line($"server {status.Version}   {DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}   {Number(status.Containers.Count(IsRunning), "container")}   " +
            $"{Count(bindings, "attached")} attached, {Count(bindings, "waiting")} waiting, {Count(bindings, "failed")} failed", Look.Name);
        Line(latency ?? "nothing was mounted yet", Look.Faint);
        int left = height - 4;
        int troubleLines = Math.Min(troubles.Length, left / 4);
        int containerLines = Math.Min(status.Containers.Length, Math.Max(1, (left - troubleLines) / 2));
        Containers([.. status.Containers.OrderBy(Rank).ThenBy(static container => container.Name, StringComparer.Ordinal)], containerLines, scroll);
        foreach (string trouble in troubles.Take(troubleLines))
        {
            Line(trouble, Look.Bad);
        }

        foreach (EventRecord record in events.TakeLast(Math.Max(0, left - troubleLines - containerLines)))
        {
            string[] words = [.. ((string?[])[record.Container, record.Source, record.Target is null ? null : $"→ {record.Target}", record.Detail]).OfType<string>()];
            Line($"{record.Time.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {record.Kind,-17} {string.Join(' ', words)}", Look.Faint);
        }
    }

    private static bool IsRunning(ContainerStatus container) => container.State == "running";

    private static int Rank(ContainerStatus container) =>
        container.State == "failed" || container.Bindings.Any(static binding => binding.State == "failed") ? 0 : IsRunning(container) ? 1 : 2;

    private static string Number(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static int Count(IEnumerable<BindingStatus> bindings, string state) => bindings.Count(binding => binding.State == state);

    private static IEnumerable<string> TroublesOf(StatusReply status) =>
    [
        .. (status.ConfigurationErrors ?? []).Select(static error => $"configuration: {error}"),
        .. status.Plugins.Select(static plugin => $"plugin {plugin.Name}: {plugin.Error}"),
        .. status.Runtimes.Where(static runtime => runtime.State == "failed").Select(static runtime => $"runtime {runtime.Name}: {runtime.Reason}"),
        .. status.Containers.Where(static container => container.State == "failed").Select(static container => $"{container.Name}: {container.Reason}"),
        .. status.Containers.SelectMany(static container => container.Bindings.Where(static binding => binding.State == "failed")
            .Select(binding => $"{container.Name}: {binding.Source} → {binding.Target}: {binding.Reason}")),
    ];

    private void Containers(ContainerStatus[] containers, int lines, TopScroll scroll)
    {
        int name = Math.Clamp(containers.Select(static container => Terminal.CellWidth(container.Name)).DefaultIfEmpty().Max() + 1, LeastNameWidth, Math.Max(LeastNameWidth, width / 3));
        Line($"{"CONTAINER".PadRight(name)}{"RUNTIME",-12}{"STATE",-StateWidth}{"ATTACHED",NumberWidth}{"WAITING",NumberWidth}{"FAILED",NumberWidth}{"PROGRAMS",NumberWidth + 1}", Look.Faint);
        int first = scroll.Fit(containers.Length, lines);
        foreach (ContainerStatus container in containers.Skip(first).Take(lines))
        {
            terminal.Column(Cut(container.Name, name - 1), name, Look.Name).Column(container.Runtime ?? "", 12).Column(container.State, StateWidth, Look.Of(container.State));
            string rest = string.Concat(((string[])["attached", "waiting", "failed"]).Select(state => Count(container.Bindings, state).ToString(CultureInfo.InvariantCulture).PadLeft(NumberWidth))) +
                (container.Client?.Programs ?? 0).ToString(CultureInfo.InvariantCulture).PadLeft(NumberWidth + 1);
            terminal.Write(Cut(rest, Math.Max(0, width - name - 12 - StateWidth))).Line();
        }

        Line(containers.Length > lines ? string.Create(CultureInfo.InvariantCulture, $"… {first + 1} to {first + lines} of {containers.Length}") : "", Look.Faint);
    }

    private void Line(string text, Spectre.Console.Style style) => terminal.Write(Cut(text, width), style).Line();

    /// <summary>As much of it as fits, with a sign that there is more.</summary>
    private static string Cut(string text, int cells)
    {
        if (Terminal.CellWidth(text) <= cells)
        {
            return text;
        }

        int length = Math.Min(text.Length, Math.Max(0, cells - 1));
        while (length > 0 && Terminal.CellWidth(text[..length]) > cells - 1)
        {
            length--;
        }

        return cells <= 0 ? "" : text[..length] + "…";
    }
}
