using System.ComponentModel;
using System.Diagnostics;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Podman.Service;

/// <summary>
/// A program that lives no longer than we do. Whoever starts it so that the kernel ends it with its parent (setpriv(1), --pdeathsig) has to
/// know that the kernel means the *thread* that started it. So it has a thread of its own, which waits for it.
/// </summary>
internal sealed class BoundProcess
{
    private const int SIGTERM = 15;
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    /// <summary>From its end to that of its output, which comes at once unless another process of a rootless engine keeps the pipe.</summary>
    private static readonly TimeSpan LastWordWithin = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource<Process> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _silent = new();
    private volatile string? _lastWord;

    private BoundProcess()
    {
    }

    /// <summary>Completes when it has ended.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Its exit code, after it has ended.</summary>
    internal int ExitCode { get; private set; }

    /// <summary>What it said last, of errors.</summary>
    internal string? LastWord => _lastWord;

    /// <summary>Starts a program; all three streams must be redirected.</summary>
    /// <exception cref="IOException">It cannot be executed.</exception>
    internal static async Task<BoundProcess> StartAsync(ProcessStartInfo info)
    {
        BoundProcess process = new();
        new Thread(() => process.Run(info)) { IsBackground = true, Name = Path.GetFileName(info.FileName) }.Start();
        await process._started.Task;
        return process;
    }

    /// <summary>Ends it: SIGTERM, and SIGKILL if that does not help in time.</summary>
    internal async Task StopAsync(IPluginHost host)
    {
        using Process process = await _started.Task;
        Terminate(host, process.Id);
        try
        {
            await _ended.Task.WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            process.Kill();
            await _ended.Task;
        }
    }

    private static void Terminate(IPluginHost host, int processId)
    {
        try
        {
            using ContainerEntry entry = host.OpenProcess(processId);
            host.Signal(entry.Process, SIGTERM);
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    private void Run(ProcessStartInfo info)
    {
        try
        {
            Process process = Process.Start(info)!;
            process.StandardInput.Close();
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, line) => Hear(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _started.SetResult(process);

            // With a limit, however long: without one it would also wait for the end of the pipes.
            while (!process.WaitForExit(int.MaxValue))
            {
            }

            ExitCode = process.ExitCode;
            _silent.Task.Wait(LastWordWithin);
        }
        catch (Win32Exception failure)
        {
            _started.TrySetException(new IOException($"{info.FileName} cannot be started: {failure.Message}", failure));
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>What podman says last is why it ended, but for a hint to its help.</summary>
    /// <param name="line">Null: nothing more will come.</param>
    private void Hear(string? line)
    {
        if (line is null)
        {
            _silent.TrySetResult();
        }
        else if (!string.IsNullOrWhiteSpace(line) && !line.StartsWith("See 'podman", StringComparison.Ordinal))
        {
            _lastWord = line.Trim();
        }
    }
}
