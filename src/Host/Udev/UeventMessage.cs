using System.Collections.Immutable;

namespace ContainerManager.Host.Udev;

/// <summary>An event of a device as it goes over netlink: its properties, in their order. What every message must have was checked.</summary>
internal sealed record UeventMessage
{
    /// <summary>All of them, ACTION, DEVPATH, SUBSYSTEM and SEQNUM among them.</summary>
    internal required ImmutableArray<KeyValuePair<string, string>> Properties { get; init; }

    /// <summary>ACTION</summary>
    internal required string Action { get; init; }

    /// <summary>DEVPATH; begins with a slash.</summary>
    internal required string DevPath { get; init; }

    /// <summary>SUBSYSTEM</summary>
    internal required string Subsystem { get; init; }

    /// <summary>SEQNUM; never 0.</summary>
    internal required ulong Sequence { get; init; }

    /// <summary>The value of a property, or null.</summary>
    internal string? this[string name]
    {
        get
        {
            foreach ((string key, string value) in Properties)
            {
                if (key == name)
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>Checks properties and makes a message of them.</summary>
    /// <param name="properties">In their order.</param>
    /// <param name="fault">What is wrong with them.</param>
    internal static UeventMessage? Of(ImmutableArray<KeyValuePair<string, string>> properties, out string? fault)
    {
        string? action = null, path = null, subsystem = null;
        ulong sequence = 0;
        foreach ((string name, string value) in properties)
        {
            switch (name)
            {
                case "ACTION": action = value; break;
                case "DEVPATH": path = value; break;
                case "SUBSYSTEM": subsystem = value; break;
                case "SEQNUM": _ = ulong.TryParse(value, out sequence); break;
            }
        }

        fault = string.IsNullOrEmpty(action) || action.AsSpan().ContainsAnyExceptInRange('a', 'z') ? "no ACTION, or a bad one"
            : path is not ['/', ..] || path.Contains("/../", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal) ? "no DEVPATH, or a bad one"
            : subsystem is null or "" or "." or ".." || subsystem.Contains('/') ? "no SUBSYSTEM, or a bad one"
            : sequence == 0 ? "no SEQNUM" : null;
        return fault is null ? new UeventMessage { Properties = properties, Action = action!, DevPath = path!, Subsystem = subsystem!, Sequence = sequence } : null;
    }
}
