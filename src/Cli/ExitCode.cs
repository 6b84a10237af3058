namespace ContainerManager.Cli;

/// <summary>What scripts can rely on. Shown by <c>--help</c>.</summary>
internal static class ExitCode
{
    internal const int Ok = 0;
    internal const int Failed = 1;
    internal const int Usage = 2;
    internal const int NotRunning = 3;
    internal const int Waiting = 4;

    internal static readonly string[] Explained =
    [
        "0  done; for 'bind' also: the binding waits for its path or container, and says so",
        "1  the server refused or could not; with 'status --check': something has failed",
        "2  the command line is wrong",
        "3  the server is not running",
        "4  'status --check' only: nothing has failed, but something waits",
        "'run' and 'shell': that of the program; 127 where it is not found, 126 where it cannot be started",
    ];
}
