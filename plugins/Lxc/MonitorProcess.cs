using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Lxc;

/// <summary>One lxc-monitor(1), from its start to its end.</summary>
internal sealed class MonitorProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestLook = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan SubscribesWithin = TimeSpan.FromSeconds(10);

    private readonly BoundProcess _process;
    private readonly StrongBox<string> _lastError;

    private MonitorProcess(BoundProcess process, StrongBox<string> lastError) => (_process, _lastError) = (process, lastError);

    /// <summary>Starts it.</summary>
    /// <param name="start">The command.</param>
    /// <param name="said">Called with each line it writes, one at a time.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    internal static async Task<MonitorProcess> StartAsync(ProcessStartInfo start, Action<string> said)
    {
        StrongBox<string> lastError = new("lxc-monitor ended");
        return new MonitorProcess(await BoundProcess.StartAsync(start, said, Complained), lastError);

        void Complained(string line)
        {
            if (line.Length > 0)
            {
                lastError.Value = line;
            }
        }
    }

    /// <summary>Completes, with an <see cref="IOException"/>, when it has ended.</summary>
    internal Task Ended => _process.Ended.ContinueWith(
        _ => throw new IOException(_lastError.Value), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Completes when it hears every change from then on in that many lxcpaths.</summary>
    /// <remarks>
    /// It does not say so; but it holds a connection to lxc-monitord for each lxcpath then. There is no event for that, so it is looked
    /// at again and again for these few milliseconds after a start.
    /// </remarks>
    internal async Task WhenSubscribedAsync(int paths, CancellationToken cancellationToken)
    {
        GrowingDelay delay = new(FirstLook, LongestLook);
        long start = Stopwatch.GetTimestamp();
        while (Connections(_process.Id) < paths)
        {
            if (Stopwatch.GetElapsedTime(start) > SubscribesWithin)
            {
                throw new IOException($"lxc-monitor does not connect to lxc-monitord within {SubscribesWithin.TotalSeconds:0} s");
            }

            await Task.WhenAny(_process.Ended, Task.Delay(delay.Next(), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (_process.Ended.IsCompleted)
            {
                throw new IOException(_lastError.Value);
            }
        }
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync() => await _process.StopAsync();

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
