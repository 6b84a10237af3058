using System.CommandLine;
using ContainerManager.Protocol;

namespace ContainerManager.Cli;

/// <summary>Options that may stand before or after any verb.</summary>
internal static class GlobalOptions
{
    internal static readonly Option<string> Container = new("--container", "-c")
    {
        Description = "The container to act on",
        HelpName = "NAME",
        DefaultValueFactory = static _ => "default",
        Recursive = true,
    };

    internal static readonly Option<bool> Json = new("--json")
    {
        Description = "Print JSON instead of words; errors too, on the error stream",
        Recursive = true,
    };

    internal static readonly Option<string?> Socket = new("--socket")
    {
        Description = $"The server's control socket [default: ${ControlAddress.SocketVariable}, else {ControlAddress.DefaultSocket}]",
        HelpName = "PATH",
        Recursive = true,
    };

    internal static string SocketOf(ParseResult line)
    {
        string? named = line.GetValue(Socket) ?? Environment.GetEnvironmentVariable(ControlAddress.SocketVariable);
        return string.IsNullOrEmpty(named) ? ControlAddress.DefaultSocket : Path.GetFullPath(named);
    }
}
