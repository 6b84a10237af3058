using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>The product's own server with a state and a socket of its own, and one light container.</summary>
internal sealed class BenchServer : IDisposable
{
    private readonly Process _server;
    private readonly string _bin;

    internal BenchServer(string bin, string directory, string configuration)
    {
        _bin = bin;
        Socket = Path.Combine(directory, "control.sock");
        string file = Path.Combine(directory, "container-manager.conf");
        File.WriteAllText(file, configuration);
        long start = Stopwatch.GetTimestamp();
        _server = Programs.Start(
            Path.Combine(bin, "server"), "--config", file, "--socket", Socket, "--state-dir", Path.Combine(directory, "state"));
        _ = _server.StandardError.BaseStream.CopyToAsync(Stream.Null);
        string? line;
        while ((line = _server.StandardOutput.ReadLine()) is not null && !line.Contains(" ready", StringComparison.Ordinal))
        {
        }

        StartMilliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _ = _server.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        if (line is null)
        {
            throw new InvalidOperationException("the server ended before it was ready");
        }
    }

    internal string Socket { get; }

    internal double StartMilliseconds { get; }

    internal int ProcessId => _server.Id;

    internal string Tool(params IEnumerable<string> arguments) =>
        Programs.Run(Path.Combine(_bin, "container-util"), ["--socket", Socket, .. arguments]);

    /// <summary>Milliseconds of wall time that container-util takes.</summary>
    internal double TimeTool(params IEnumerable<string> arguments) =>
        Programs.Time(Path.Combine(_bin, "container-util"), ["--socket", Socket, .. arguments]);

    internal StatusReply Status() => JsonSerializer.Deserialize(Tool("--json", "status"), ControlJson.Default.StatusReply)!;

    /// <summary>The events from now on, one at a time.</summary>
    internal Process Follow() => Programs.Start(Path.Combine(_bin, "container-util"), "--socket", Socket, "--json", "events", "--follow");

    /// <summary>The stream says nothing until something happens: makes things happen in a directory that a container watches, until it speaks.</summary>
    internal static void UntilHeard(Process events, string watched)
    {
        Task<string?> first = events.StandardOutput.ReadLineAsync();
        for (int i = 0; !first.IsCompleted; i++)
        {
            string path = Path.Combine(watched, $"probe{i}");
            File.WriteAllBytes(path, []);
            File.Delete(path);
            first.Wait(TimeSpan.FromMilliseconds(100));
        }

        string last = Path.Combine(watched, "last-probe");
        File.WriteAllBytes(last, []);
        MomentOf(events, record => record.Kind == "attached" && record.Source == last);
        File.Delete(last);
        MomentOf(events, record => record.Kind == "detached" && record.Source == last);
    }

    /// <summary>Reads on until something has happened; returns when that was.</summary>
    internal static DateTimeOffset MomentOf(Process events, Func<EventRecord, bool> expected)
    {
        while (events.StandardOutput.ReadLine() is { } line)
        {
            EventRecord record = JsonSerializer.Deserialize(line, ControlJson.Default.EventRecord)!;
            if (expected(record))
            {
                return record.Time;
            }
        }

        throw new InvalidOperationException("the event stream ended");
    }

    internal double ResidentMegabytes()
    {
        string line = File.ReadLines($"/proc/{ProcessId}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <summary>
    /// Waits until the server has used no CPU for 25 seconds (two minutes at most): the runtime's worker threads end 20 seconds after
    /// their last work, and what has just run often is compiled once more, better, in the background. Returns when those 25 began.
    /// </summary>
    internal TimeSpan UntilSettled()
    {
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan since = TimeSpan.Zero;
        double used = CpuSeconds();
        while (watch.Elapsed - since < TimeSpan.FromSeconds(25) && watch.Elapsed < TimeSpan.FromMinutes(2))
        {
            Thread.Sleep(TimeSpan.FromSeconds(1));
            if (CpuSeconds() > used)
            {
                (since, used) = (watch.Elapsed, CpuSeconds());
            }
        }

        return since;
    }

    /// <summary>Seconds of CPU used so far, in steps of 10 ms (proc_pid_stat(5), fields 14 and 15).</summary>
    internal double CpuSeconds()
    {
        string[] fields = File.ReadAllText($"/proc/{ProcessId}/stat").Split(") ")[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / 100.0;
    }

    public void Dispose()
    {
        Programs.Run("kill", $"{_server.Id}");
        _server.WaitForExit();
        _server.Dispose();
    }
}
