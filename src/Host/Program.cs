using System.Runtime.InteropServices;
using ContainerManager.Host;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Control;
using ContainerManager.Linux;
using Microsoft.Extensions.Logging;

return await CommandLine.InvokeAsync(args, RunAsync, Console.Out, Console.Error);

static async Task<int> RunAsync(ServerOptions options, ContainerManager.Host.Configuration.ServerConfiguration configuration)
{
    LogThreshold threshold = new(options.LogLevel);
    using ILoggerFactory loggers = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter(level => level >= threshold.Level)
        .AddFormatted(options.LogFormat));
    ILogger logger = loggers.CreateLogger("server");

    // A program named without a path would be looked for here, and whose directory it is we do not know.
    Directory.SetCurrentDirectory("/");

    // Never disposed: a signal that comes last may be dealt with when all is over.
    CancellationTokenSource stop = new();
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    try
    {
        if (OwnProcess.EffectiveUser == 0)
        {
            // Who acts as a container's root must not have what the groups of the host's root may do.
            OwnProcess.LeaveGroups();
        }

        return await new Server(options, configuration, threshold, logger).RunAsync(stop.Token);
    }
    catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ControlSocketException)
    {
        await Console.Error.WriteLineAsync($"server: {failure.Message}");
        return 1;
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stop.Cancel();
    }
}
