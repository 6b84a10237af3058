using System.Diagnostics;
using System.Globalization;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Crashes;

/// <summary>
/// Follows a running process with ptrace(2): knows by which system calls it acts on the system, and kills it at one of them. What follows is a small
/// program (trace.c), since .NET, which reaps the children of this process, would take each stop for an end.
/// </summary>
internal sealed class SystemCallTracer : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Process _process;
    private readonly Task _reading;
    private readonly TaskCompletionSource _following = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _calls = [];
    private volatile bool _killed;

    private SystemCallTracer(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>The calls so far, in order: the name of each, and how often it was made by then.</summary>
    internal IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>Completes when the process is not followed any more: it has ended, was killed, or we let go of it.</summary>
    internal Task Ended => _reading;

    /// <summary>The process came to the point where it was to be killed.</summary>
    internal bool Killed => _killed;

    /// <summary>Makes the program.</summary>
    internal static async Task<string> CompileAsync(string directory)
    {
        string program = Path.Combine(directory, "trace");
        (await Command.RunAsync("gcc", ["-O1", "-o", program, Path.Combine(AppContext.BaseDirectory, "Crashes/trace.c")])).OutputOrThrow();
        return program;
    }

    /// <summary>Follows all threads of a process from now on.</summary>
    /// <param name="program">The one that was compiled.</param>
    /// <param name="processId">Whom.</param>
    /// <param name="point">Where to kill it; null: nowhere.</param>
    internal static async Task<SystemCallTracer> FollowAsync(string program, int processId, CrashPoint? point)
    {
        string[] kill = point is null ? [] : [point.After ? "after" : "before", point.Call, point.Count.ToString(CultureInfo.InvariantCulture)];
        SystemCallTracer tracer = new(Process.Start(
            new ProcessStartInfo(program, [processId.ToString(CultureInfo.InvariantCulture), .. kill]) { RedirectStandardOutput = true })!);
        await Task.WhenAny(tracer._following.Task, tracer.Ended).WaitAsync(Deadline);
        Assert.True(tracer._following.Task.IsCompleted, $"process {processId} cannot be followed");
        return tracer;
    }

    /// <summary>Lets go of the process: it runs on by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // The kernel lets go of whatever a tracer leaves.
            _process.Kill();
        }

        await _reading.WaitAsync(Deadline);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line == "following")
            {
                _following.TrySetResult();
            }
            else if (line == "killed")
            {
                _killed = true;
            }
            else
            {
                lock (_calls)
                {
                    _calls.Add(line);
                }
            }
        }
    }
}
