using System.Diagnostics;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>Starts programs and waits for what they print.</summary>
internal static class Programs
{
    internal static Process Start(string program, params IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} did not start");

    /// <summary>Runs to the end; returns what it printed.</summary>
    internal static string Run(string program, params IEnumerable<string> arguments)
    {
        using Process process = Start(program, arguments);

        // LXD's command reads its configuration from it.
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}: {errors.Result}{output}");
    }

    /// <summary>Milliseconds of wall time, from start to end.</summary>
    internal static double Time(string program, params IEnumerable<string> arguments)
    {
        long start = Stopwatch.GetTimestamp();
        Run(program, arguments);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
