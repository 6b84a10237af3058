using Spectre.Console;

namespace ContainerManager.Cli.Output;

/// <summary>Colours by meaning.</summary>
internal static class Look
{
    internal static readonly Style Good = new(Color.Green);
    internal static readonly Style Waiting = new(Color.Yellow);
    internal static readonly Style Bad = new(Color.Red);
    internal static readonly Style Name = new(decoration: Decoration.Bold);
    internal static readonly Style Faint = new(decoration: Decoration.Dim);

    /// <summary>For the state of a binding, a container or a runtime, or the kind of an event.</summary>
    internal static Style Of(string state) => state switch
    {
        "attached" or "running" or "listening" or "loaded" or "container-started" or "plugin-loaded" or "runtime-listening" => Good,
        "waiting" or "pending" or "connecting" or "lost" or "incomplete" or "loading" or "unloading" => Waiting,
        "failed" or "refused" or "abandoned" or "plugin-failed" or "plugin-refused" or "plugin-abandoned" or "runtime-failed" => Bad,
        _ => Style.Plain,
    };
}
