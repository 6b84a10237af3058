using ContainerManager.Protocol;

namespace ContainerManager.Cli.Runs;

/// <summary>
/// The variables by which programs find display, sound and their keys, for a program inside: those that we have, and whose socket or file the container has
/// from us, with the path that it has there.
/// </summary>
/// <param name="bindings">Those of the container.</param>
/// <param name="own">A variable of ours; null: we do not have it.</param>
internal sealed class DisplayEnvironment(IReadOnlyCollection<BindingStatus> bindings, Func<string, string?> own)
{
    private const string X11Sockets = "/tmp/.X11-unix/X";

    /// <summary>Each <c>NAME=value</c>.</summary>
    internal IEnumerable<string> Variables()
    {
        // X programs look for a display's socket where the display's number says (Xtrans): at another path it is of no use.
        if (own("DISPLAY") is { } display && NumberOf(display) is { } number && Inside(X11Sockets + number) == X11Sockets + number)
        {
            yield return $"DISPLAY={display}";
        }

        if ((own("XAUTHORITY") ?? (own("HOME") is { } home ? home + "/.Xauthority" : null)) is { } authority && Inside(authority) is { } keys)
        {
            yield return $"XAUTHORITY={keys}";
        }

        if (own("WAYLAND_DISPLAY") is { } wayland && Inside(InRuntimeDirectory(wayland)) is { } socket)
        {
            yield return $"WAYLAND_DISPLAY={socket}"; // May be a path since libwayland 1.15.
        }

        if (Inside(own("PULSE_SERVER") is { } pulse ? WithoutPrefix(pulse) : InRuntimeDirectory("pulse/native")) is { } sound)
        {
            yield return $"PULSE_SERVER=unix:{sound}";
        }

        if (Inside(InRuntimeDirectory(own("PIPEWIRE_REMOTE") ?? "pipewire-0")) is { } pipewire)
        {
            yield return $"PIPEWIRE_REMOTE={pipewire}";
        }

        if (own("XDG_RUNTIME_DIR") is { } runtime && Inside(runtime) is { } directory)
        {
            yield return $"XDG_RUNTIME_DIR={directory}";
        }
    }

    private static string? NumberOf(string display) => display.StartsWith(':') ? display[1..].Split('.')[0] : null;

    private static string WithoutPrefix(string address) => address.StartsWith("unix:", StringComparison.Ordinal) ? address["unix:".Length..] : address;

    private string InRuntimeDirectory(string path) => Path.Combine(own("XDG_RUNTIME_DIR") ?? "", path);

    /// <summary>Where a path of ours is inside; null: it is not there.</summary>
    private string? Inside(string path) => bindings.Where(static binding => binding.State == "attached")
        .Where(binding => path == binding.Source || path.StartsWith(binding.Source + "/", StringComparison.Ordinal))
        .OrderByDescending(binding => binding.Source.Length)
        .Select(binding => binding.Target + path[binding.Source.Length..])
        .FirstOrDefault();
}
