using System.Runtime.InteropServices;
using ContainerManager.Host;
using ContainerManager.Host.Configuration.Startup;
using ContainerManager.Host.Control;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

return await CommandLine.InvokeAsync(args, RunAsync, Console.Out, Console.Error);

static async Task<int> RunAsync(ServerOptions options, ContainerManager.Host.Configuration.ServerConfiguration configuration)
{
    using ILoggerFactory loggers = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(options.LogLevel)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        }));
    ILogger logger = loggers.CreateLogger("server");

    using CancellationTokenSource stop = new();
    using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    try
    {
        return await new Server(options, configuration, logger).RunAsync(stop.Token);
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
