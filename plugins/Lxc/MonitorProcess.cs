using System.Diagnostics;
using System.Globalization;

namespace ContainerManager.Plugins.Lxc;

/// <summary>One lxc-monitor(1), from its start to its end.</summary>
/// <remarks>
/// It has a thread of ours for all of its life: the kernel's signal at the parent's death (PR_SET_PDEATHSIG, prctl(2)) is sent when the
/// <em>thread</em> ends that started the child, and threads of the pool come and go. The thread waits for lines and costs nothing else.
/// </remarks>
internal sealed class MonitorProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private readonly ProcessStartInfo _start;
    private readonly Action<string> _said;
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private volatile string _lastError = "";

    /// <param name="start">The command.</param>
    /// <param name="said">Called with each line it writes, one at a time.</param>
    internal MonitorProcess(ProcessStartInfo start, Action<string> said)
    {
        (_start, _said) = (start, said);
        new Thread(Run) { Name = "lxc-monitor", IsBackground = true }.Start();
    }

    /// <summary>Completes, with an <see cref="IOException"/>, when it has ended.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Completes when it hears every change from then on in that many lxcpaths.</summary>
    /// <remarks>
    /// It does not say so; but it holds a connection to lxc-monitord for each lxcpath then. There is no event for that, so it is looked
    /// at again and again for these few milliseconds after a start.
    /// </remarks>
    internal async Task WhenSubscribedAsync(int paths, CancellationToken cancellationToken)
    {
        int processId = await _started.Task.WaitAsync(cancellationToken);
        GrowingDelay delay = new(FirstLook, LongestLook);
        while (Connections(processId) < paths)
        {
            await Task.WhenAny(Ended, Task.Delay(delay.Next(), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (Ended.IsCompleted)
            {
                await Ended;
            }
        }
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await ((Task)_started.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process?.Kill();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process?.Dispose();
    }

    private void Run()
    {
        try
        {
            _process = Process.Start(_start)!;
            _process.ErrorDataReceived += (_, e) => _lastError = e.Data is { Length: > 0 } line ? line : _lastError;
            _process.BeginErrorReadLine();
            _process.StandardInput.Close();
            _started.SetResult(_process.Id);
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                _said(line);
            }

            _process.WaitForExit();
            _ended.SetException(new IOException(_lastError.Length > 0 ? _lastError : "lxc-monitor ended"));
        }
        catch (Exception failure)
        {
            // The end of a thread: whoever waits for the process hears of it.
            _started.TrySetException(failure);
            _ended.TrySetException(failure);
            _ = _started.Task.Exception;
        }

        _ = _ended.Task.Exception;
    }

    /// <summary>The connected unix sockets of a process.</summary>
    private static int Connections(int processId)
    {
        try
        {
            HashSet<string> sockets = [.. Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd"))
                .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name)
                .OfType<string>()
                .Where(name => name.StartsWith("socket:[", StringComparison.Ordinal))
                .Select(name => name["socket:[".Length..^1])];

            // Columns: number, references, protocol, flags, type, state (3: connected), inode.
            return File.ReadLines("/proc/net/unix")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Count(fields => fields.Length >= 7 && fields[5] == "03" && sockets.Contains(fields[6]));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
