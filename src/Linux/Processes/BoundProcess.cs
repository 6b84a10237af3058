using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Linux;

/// <summary>
/// A program that lives no longer than we do, and that cannot hold us up: it may write lines without end, ignore signals, or be stopped by whose
/// it is. Whoever starts it so that the kernel ends it with its parent (setpriv(1), --pdeathsig) has to know that the kernel means the
/// <em>thread</em> that started it. So it has a thread of its own, which waits for it.
/// </summary>
public sealed class BoundProcess
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);

    /// <summary>From its end to that of its output, which comes at once unless another process keeps the pipe.</summary>
    private static readonly TimeSpan LastWordWithin = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SafeFileHandle?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BoundProcess()
    {
    }

    /// <summary>Its process id.</summary>
    public int Id { get; private set; }

    /// <summary>Completes when it has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Its exit code, after it has ended.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Starts a program; all three streams must be redirected. Its input is closed.</summary>
    /// <param name="info">How.</param>
    /// <param name="said">Called with each line of its output, one at a time; cut off after <see cref="OutputLines.Longest"/> characters. Null: nobody reads it.</param>
    /// <param name="complained">The same for its errors.</param>
    /// <exception cref="IOException">It cannot be executed.</exception>
    public static async Task<BoundProcess> StartAsync(ProcessStartInfo info, Action<string>? said, Action<string>? complained)
    {
        BoundProcess process = new();
        new Thread(() => process.Run(info, said, complained)) { IsBackground = true, Name = Path.GetFileName(info.FileName) }.Start();
        await process._started.Task;
        return process;
    }

    /// <summary>Ends it: by SIGTERM, and by SIGKILL if that does not help in time. Returns when it has ended, or does not even heed that.</summary>
    public async Task StopAsync()
    {
        using SafeFileHandle? descriptor = await _started.Task;
        foreach (int signal in (int[])[SIGTERM, SIGKILL])
        {
            if (descriptor is { IsClosed: false } && !Ended.IsCompleted)
            {
                ProcessDescriptor.Signal(descriptor, signal);
                await Ended.WaitAsync(EndsWithin).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Null: it has ended already, and the runtime has waited for it.</summary>
    private static SafeFileHandle? Descriptor(int processId)
    {
        try
        {
            return ProcessDescriptor.Open(processId);
        }
        catch (KernelException gone) when (gone.Errno == ESRCH)
        {
            return null;
        }
    }

    private void Run(ProcessStartInfo info, Action<string>? said, Action<string>? complained)
    {
        try
        {
            using Process process = Process.Start(info)!;
            Id = process.Id;
            process.StandardInput.Close();
            Task output = OutputLines.ReadAsync(process.StandardOutput.BaseStream, said);
            Task errors = OutputLines.ReadAsync(process.StandardError.BaseStream, complained);

            try
            {
                _started.SetResult(Descriptor(process.Id));
            }
            catch (KernelException failure)
            {
                process.Kill();
                _started.SetException(failure);
            }

            // With a limit, however long: without one it would also wait for the end of the pipes.
            while (!process.WaitForExit(int.MaxValue))
            {
            }

            ExitCode = process.ExitCode;
            Task.WaitAny([Task.WhenAll(output, errors)], LastWordWithin);
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
}
