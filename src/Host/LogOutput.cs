using ContainerManager.Host.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ContainerManager.Host;

/// <summary>Writes the log to the standard output.</summary>
internal static class LogOutput
{
    /// <param name="logging">What is built.</param>
    /// <param name="format">Null: for journald where that reads it (JOURNAL_STREAM, systemd.exec(5)), else for a person.</param>
    internal static ILoggingBuilder AddFormatted(this ILoggingBuilder logging, LogFormat? format) =>
        (format ?? (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is null ? LogFormat.Text : LogFormat.Journal)) switch
        {
            LogFormat.Json => logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "O";
            }),
            LogFormat.Journal => logging.AddSystemdConsole(),
            _ => logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            }),
        };
}
