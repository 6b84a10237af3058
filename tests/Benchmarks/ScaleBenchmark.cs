using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>Many light containers: one path that all of them watch, and what an event costs when only one of them is concerned.</summary>
internal sealed class ScaleBenchmark(string bin, string directory, string name)
{
    private const int Bindings = 10;
    private const int Events = 200;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(8);

    /// <summary>What was measured with so many containers.</summary>
    /// <param name="Containers">How many.</param>
    /// <param name="One">Microseconds from a path's creation to its mount, in one container that alone watches it.</param>
    /// <param name="All">Milliseconds from a path's creation until all of them have it.</param>
    /// <param name="Start">Milliseconds from the start of the server until all have ten bindings each.</param>
    /// <param name="AtOnce">MiB of the server, then.</param>
    /// <param name="Resident">MiB of the server when it has been quiet for a while.</param>
    internal sealed record Result(int Containers, Samples One, double All, double Start, double AtOnce, double Resident);

    internal async Task<Result> RunAsync(int containers)
    {
        string shared = Directory.CreateDirectory(Path.Combine(directory, $"shared-{containers}")).FullName;
        string single = Directory.CreateDirectory(Path.Combine(directory, $"single-{containers}")).FullName;
        string[] names = [.. Enumerable.Range(0, containers).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}-{i}"))];
        using (BenchServer server = new(bin, directory, "{}"))
        {
            Parallel.ForEach(names, new ParallelOptions { MaxDegreeOfParallelism = 4 }, one => server.Tool("spawn", one, "--host-usr", "--", "sleep", "infinity"));
        }

        try
        {
            for (int i = 0; i < Bindings; i++)
            {
                File.WriteAllText(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"one-{i}")), "x");
            }

            string mounts = string.Join(", ", Enumerable.Range(0, Bindings).Select(i => $"\"{directory}/one-{i}\": {{ \"target\": \"/bound/{i}\" }}"));
            string configuration = $$"""
                { "containerConfigs": {
                    "{{name}}-*": { "_automount": { {{mounts}} }, "_inotify_watch": { "{{shared}}": { "target": "/shared" } } },
                    "{{names[0]}}": { "_inotify_watch": { "{{single}}": { "target": "/single" } } } } }
                """;
            long started = Stopwatch.GetTimestamp();
            using BenchServer server = new(bin, directory, configuration);
            await UntilAsync(server, containers * Bindings);
            double start = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            double atOnce = server.ResidentMegabytes();
            Thread.Sleep(Quiet);
            double resident = server.ResidentMegabytes();
            (Samples one, double all) = await EventsAsync(server, shared, single, containers);
            foreach (string container in names)
            {
                server.Tool("stop", container);
            }

            return new Result(containers, one, all, start, atOnce, resident);
        }
        catch
        {
            using BenchServer server = new(bin, directory, "{}");
            Array.ForEach(names, container => server.Tool("stop", container));
            throw;
        }
    }

    private static async Task<(Samples One, double All)> EventsAsync(BenchServer server, string shared, string single, int containers)
    {
        using HttpClient http = ServedEngine.Client(server.Socket);
        using HttpRequestMessage request = new(HttpMethod.Get, ControlAddress.Events + "?follow=true");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader events = new(await response.Content.ReadAsStreamAsync());
        Samples one = new();
        for (int i = -50; i < Events; i++)
        {
            string path = Path.Combine(single, Guid.NewGuid().ToString("N"));
            DateTimeOffset created = DateTimeOffset.UtcNow;
            await File.WriteAllTextAsync(path, "");
            double microseconds = (await AttachedAsync(events, path, 1) - created).TotalMicroseconds;
            if (i >= 0)
            {
                one.Add(microseconds);
            }
        }

        Samples all = new();
        for (int i = 0; i < 5; i++)
        {
            string path = Path.Combine(shared, Guid.NewGuid().ToString("N"));
            DateTimeOffset created = DateTimeOffset.UtcNow;
            await File.WriteAllTextAsync(path, "");
            all.Add((await AttachedAsync(events, path, containers) - created).TotalMilliseconds);
        }

        return (one, all.Median);
    }

    private static async Task<DateTimeOffset> AttachedAsync(StreamReader events, string source, int times)
    {
        DateTimeOffset last = default;
        while (times > 0 && await events.ReadLineAsync() is { } line)
        {
            EventRecord record = JsonSerializer.Deserialize(line, ControlJson.Default.EventRecord)!;
            if (record.Kind == "lost")
            {
                throw new InvalidOperationException("events were lost: the benchmark reads too slowly");
            }

            if (record.Kind == "attached" && record.Source == source)
            {
                times--;
                last = record.Time > last ? record.Time : last;
            }
        }

        return times == 0 ? last : throw new InvalidOperationException("the event stream ended");
    }

    /// <summary>By its metrics, which cost it less than its status.</summary>
    private static async Task UntilAsync(BenchServer server, int bindings)
    {
        using HttpClient http = ServedEngine.Client(server.Socket);
        while (true)
        {
            string attached = (await http.GetStringAsync("/metrics")).Split('\n').FirstOrDefault(line => line.StartsWith("container_manager_bindings{state=\"attached\"}", StringComparison.Ordinal)) ?? " 0";
            if (double.Parse(attached[(attached.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture) >= bindings)
            {
                return;
            }

            Thread.Sleep(20);
        }
    }
}
