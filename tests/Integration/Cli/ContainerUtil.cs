using System.Diagnostics;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>What a run of <c>container-util</c> left.</summary>
internal sealed record Ran(int ExitCode, string Output, string Error);

/// <summary>The published binary, run as a person runs it.</summary>
internal static class ContainerUtil
{
    internal static string Binary { get; } = Find();

    internal static Task<Ran> RunAsync(string socket, params string[] words) => RunInAsync("/", socket, words);

    internal static async Task<Ran> RunInAsync(string directory, string socket, params string[] words)
    {
        using Process process = Start(directory, socket, words);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(ServedEngine.Deadline);
            return new Ran(process.ExitCode, await output, await error);
        }
        finally
        {
            End(process);
        }
    }

    internal static Process Start(string directory, string socket, params string[] words) => StartProgram(directory, socket, Binary, words);

    /// <summary>Runs it in a terminal of its own (script(1)); what the terminal gets is on the standard output.</summary>
    internal static async Task<string> InTerminalAsync(string socket, int columns, bool noColor, string words)
    {
        string setting = noColor ? "NO_COLOR=1" : "NO_COLOR=";
        string line = $"stty cols {columns}; TERM=xterm-256color {setting} {Binary} {words}";
        using Process process = StartProgram("/", socket, "script", "-qec", line, "/dev/null");
        process.StandardInput.Close();
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(ServedEngine.Deadline);

            // What .NET sends to any terminal whose size it asks for (terminfo's keypad_xmit) is not ours.
            return output.Replace("\u001b[?1h\u001b=", "", StringComparison.Ordinal).Replace("\r\n", "\n", StringComparison.Ordinal);
        }
        finally
        {
            End(process);
        }
    }

    /// <summary>Reads what it writes until a line has this in it.</summary>
    internal static async Task UntilLineAsync(Process process, string text)
    {
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(ServedEngine.Deadline);
            Assert.NotNull(line);
        }
        while (!line.Contains(text, StringComparison.Ordinal));
    }

    internal static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    internal static Process StartProgram(string directory, string socket, string program, params string[] words)
    {
        ProcessStartInfo start = new(program, words)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CONTAINER_MANAGER_SOCKET"] = socket;
        start.Environment["TZ"] = "UTC";
        Process process = Process.Start(start)!;
        return process;
    }

    private static string Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "ContainerManager.slnx")))
            {
                string binary = Path.Combine(at.FullName, "out", "bin", "container-util");
                return File.Exists(binary) ? binary : throw new FileNotFoundException($"{binary} is missing: run ./build.sh first");
            }
        }

        throw new DirectoryNotFoundException("these tests must run from within the repository");
    }
}
