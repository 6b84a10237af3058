using System.Globalization;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>What systemd-machined writes of one container in <c>/run/systemd/machines/NAME</c>.</summary>
/// <param name="Name">The machine's name.</param>
/// <param name="Leader">The process id of its first process.</param>
/// <param name="Unit">The systemd unit it runs in; null: none is named.</param>
internal sealed record Registration(string Name, int Leader, string? Unit)
{
    /// <summary>
    /// Reads lines of <c>KEY=value</c>, the value perhaps in quotation marks (src/machine/machine.c of systemd; the file is private to
    /// machined, but its form has been the same since version 205). Null: no container.
    /// </summary>
    internal static Registration? Parse(string text)
    {
        Dictionary<string, string> values = [];
        foreach (string[] pair in text.Split('\n').Where(line => !line.StartsWith('#')).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2))
        {
            values[pair[0]] = pair[1].Trim().Trim('"', '\'');
        }

        return values.GetValueOrDefault("CLASS") == "container" && values.GetValueOrDefault("NAME") is { } name && MachineName.IsValid(name) &&
            int.TryParse(values.GetValueOrDefault("LEADER"), CultureInfo.InvariantCulture, out int leader) && leader > 1
            ? new Registration(name, leader, values.GetValueOrDefault("SCOPE") is { Length: > 0 } unit ? unit : null)
            : null;
    }

    /// <summary>
    /// The leader is still the one that was registered: the first process of a namespace of its own, in the machine's unit. A file that
    /// machined could not remove before it died may name a process id that is another's by now.
    /// </summary>
    internal bool IsCurrent() => ProcFiles.IsFirstOfItsNamespace(Leader) && (Unit is null || ProcFiles.IsInCgroup(Leader, UnescapedUnit));

    /// <summary>A dash in a machine's name is <c>\x2d</c> in the unit's, and the file escapes the backslash, once or twice.</summary>
    private string UnescapedUnit => System.Text.RegularExpressions.Regex.Replace(Unit!, @"\\+", @"\");
}
