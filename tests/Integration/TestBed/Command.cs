using System.Diagnostics;

namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Runs programs to their end.</summary>
internal static class Command
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a program and collects what it writes. One that is not done in time is killed with its children.</summary>
    internal static async Task<CommandResult> RunAsync(string program, IEnumerable<string> arguments, TimeSpan? within = null)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        using CancellationTokenSource deadline = new(within ?? DefaultLimit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new CommandResult($"{program} {string.Join(' ', process.StartInfo.ArgumentList)}", process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', process.StartInfo.ArgumentList)}: not done in time");
        }
    }
}

/// <summary>How a program ended.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>What it wrote, without white space around it. Throws when it did not exit with 0.</summary>
    internal string OutputOrThrow() => ExitCode == 0
        ? Output.Trim()
        : throw new InvalidOperationException($"{CommandLine}\nexit {ExitCode}\n{Output}{Error}");
}
