using System.Globalization;

namespace ContainerManager.Plugins.Lxc;

/// <summary>What <c>lxc-info --state --pid --config=lxc.uts.name</c> says.</summary>
/// <param name="State">One of the states of lxc(7), in capitals.</param>
/// <param name="ProcessId">The host's id of its first process; null: it has none.</param>
/// <param name="HostName">What is configured; null: nothing, or the configuration is gone.</param>
internal sealed record ContainerInfo(string State, int? ProcessId, string? HostName)
{
    private static readonly string[] States = ["STOPPED", "STARTING", "RUNNING", "STOPPING", "ABORTING", "FREEZING", "FROZEN", "THAWED"];

    /// <summary>
    /// It can be entered. One that is frozen runs all the same; one that is starting does not yet stand in its own root.
    /// </summary>
    internal bool Runs => ProcessId is not null && State is "RUNNING" or "FREEZING" or "FROZEN" or "THAWED";

    /// <summary>Reads the output: <c>State: STATE</c>, <c>PID: ID</c> where there is one, the host name where there is one.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    internal static ContainerInfo Parse(string output)
    {
        Queue<string> lines = new(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        string state = Labelled(lines, "State:") ?? throw new InvalidDataException($"lxc-info says no state: {output}");
        if (!States.Contains(state))
        {
            throw new InvalidDataException($"lxc-info says a state that is not known: {state}");
        }

        int? processId = Labelled(lines, "PID:") is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id > 0 ? id
            : throw new InvalidDataException($"lxc-info says a process id that is none: {text}");
        return new ContainerInfo(state, processId, lines.TryDequeue(out string? name) ? name.Trim() : null);
    }

    private static string? Labelled(Queue<string> lines, string label) =>
        lines.TryPeek(out string? line) && line.StartsWith(label, StringComparison.Ordinal) ? lines.Dequeue()[label.Length..].Trim() : null;
}
