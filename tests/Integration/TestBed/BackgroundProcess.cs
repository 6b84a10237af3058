using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>A program that runs until it is told to end, such as a daemon. Its output goes to a file, so that it survives us.</summary>
internal sealed class BackgroundProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    internal BackgroundProcess(string logFile, string program, params IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >> \"$0\" 2>&1 < /dev/null", logFile, program, .. arguments]))!;
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <exception cref="InvalidOperationException">It still runs.</exception>
    internal int ExitCode => _process.ExitCode;

    /// <summary>Completes when it has ended.</summary>
    internal Task WhenExitedAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>SIGTERM, and SIGKILL if that does not help in time.</summary>
    internal async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            await Command.RunAsync("/bin/sh", ["-c", "kill -TERM " + Id.ToString(CultureInfo.InvariantCulture)]);
        }

        using CancellationTokenSource deadline = new(EndsWithin);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
        }
    }

    /// <summary>SIGKILL.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }
}
