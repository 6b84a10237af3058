using System.Diagnostics;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Lxc;
using ContainerManager.Tests.Integration.Nspawn;
using ContainerManager.Tests.Integration.Podman;

namespace ContainerManager.Tests.Benchmarks;

/// <summary>
/// A container is told to start → the server knows it, for each runtime on an engine of the benchmark's own, beside what the start takes
/// by itself. All plugins are loaded.
/// </summary>
internal sealed class DiscoveryBenchmark : IAsyncDisposable
{
    private const int Rounds = 10;
    private const string Name = "cm-bench";
    private readonly List<IAsyncDisposable> _engines = [];
    private readonly List<BenchedRuntime> _runtimes = [];

    /// <summary>The value of <c>settings</c> for the server.</summary>
    internal string Settings { get; private set; } = "{}";

    internal static async Task<DiscoveryBenchmark> PrepareAsync()
    {
        DiscoveryBenchmark benchmark = new();
        try
        {
            await benchmark.StartEnginesAsync();
            return benchmark;
        }
        catch
        {
            await benchmark.DisposeAsync();
            throw;
        }
    }

    /// <summary>The runtime, milliseconds until it is known, milliseconds that the command of the start takes (null: it returns at once).</summary>
    internal async IAsyncEnumerable<(string Runtime, Samples Known, Samples? Start)> RunAsync(BenchServer server)
    {
        _runtimes.Add(new BenchedRuntime(
            "namespaces",
            () => Task.Run(() => server.Tool("spawn", Name, "--host-usr", "--", "sleep", "infinity")),
            () => Task.Run(() => server.Tool("stop", Name))));
        using Process events = server.Follow();
        foreach (BenchedRuntime runtime in _runtimes)
        {
            (Samples known, Samples? start) = (new(), runtime.ReturnsAtOnce ? null : new());
            for (int i = 0; i < Rounds; i++)
            {
                (double untilKnown, double untilStarted) = await OnceAsync(runtime, events);
                known.Add(untilKnown);
                start?.Add(untilStarted);
            }

            yield return (runtime.Name, known, start);
        }

        events.Kill();
    }

    /// <summary>A program that does nothing, run in a container of each engine: through the client that is there, and by the engine's own command. Milliseconds.</summary>
    internal async IAsyncEnumerable<(string Runtime, string Own, Samples Ours, Samples Theirs)> RunProgramsAsync(BenchServer server, string bin)
    {
        foreach (BenchedRuntime runtime in _runtimes.Where(runtime => runtime.Exec.Length > 0))
        {
            using Process events = server.Follow();
            Task<DateTimeOffset> known = Task.Run(() => BenchServer.MomentOf(events, record => record.Kind == "container-started" && record.Container == Name));
            await runtime.Start();
            await known.WaitAsync(TimeSpan.FromSeconds(30));
            events.Kill();
            (Samples ours, Samples theirs) = (new(), new());
            for (int i = 0; i <= Rounds; i++)
            {
                double mine = Programs.Time(Path.Combine(bin, "container-util"), "--socket", server.Socket, "-c", $"{runtime.Name}:{Name}", "run", "--", "true");
                double other = Programs.Time(runtime.Exec[0], [.. runtime.Exec[1..], "true"]);
                if (i > 0)
                {
                    // The first starts the client.
                    ours.Add(mine);
                    theirs.Add(other);
                }
            }

            await runtime.Stop();
            yield return (runtime.Name, $"{runtime.Exec[0]}{(runtime.Exec.Contains("exec") ? " exec" : "")}", ours, theirs);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable engine in _engines)
        {
            await engine.DisposeAsync();
        }
    }

    private static async Task<(double Known, double Start)> OnceAsync(BenchedRuntime runtime, Process events)
    {
        DateTimeOffset begin = DateTimeOffset.UtcNow;
        long timestamp = Stopwatch.GetTimestamp();
        Task<DateTimeOffset> known = Task.Run(() => BenchServer.MomentOf(events, record => record.Kind == "container-started" && record.Container == Name));
        await runtime.Start();
        double start = Stopwatch.GetElapsedTime(timestamp).TotalMilliseconds;
        double untilKnown = (await known.WaitAsync(TimeSpan.FromSeconds(30)) - begin).TotalMilliseconds;
        Task<DateTimeOffset> gone = Task.Run(() => BenchServer.MomentOf(events, record => record.Kind == "container-stopped" && record.Container == Name));
        await runtime.Stop();
        await gone.WaitAsync(TimeSpan.FromSeconds(30));
        return (untilKnown, start);
    }

    private async Task StartEnginesAsync()
    {
        DockerEngine docker = Mine(await DockerEngine.StartNewAsync());
        await docker.CreateContainerAsync(Name);
        _runtimes.Add(new BenchedRuntime("docker", () => docker.StartAsync(Name), () => docker.KillAsync(Name)) { Exec = ["docker", "--host", docker.Address, "exec", Name] });

        PodmanEngine podman = Mine(await PodmanEngine.StartNewAsync());
        await podman.CreateContainerAsync(Name);
        _runtimes.Add(new BenchedRuntime("podman", () => podman.StartAsync(Name), () => podman.StopAsync(Name)) { Exec = ["podman", "--url", podman.Address, "exec", Name] });

        LxcBed lxc = Mine(new LxcBed());
        await lxc.MakeAsync(Name);
        _runtimes.Add(new BenchedRuntime("lxc", () => lxc.StartAsync(Name), () => lxc.KillAsync(Name)) { Exec = ["lxc-attach", "--lxcpath", lxc.Lxcpath, "--name", Name, "--"] });

        NspawnMachines machines = Mine(new NspawnMachines());
        await machines.StartAsync(Name);
        await machines.KillAsync(Name);
        _runtimes.Add(new BenchedRuntime("nspawn", () => machines.StartAsync(Name), () => machines.KillAsync(Name)) { ReturnsAtOnce = true });

        Settings = $$"""
            { "plugins": { "Docker": { "sockets": ["{{docker.Address}}"] }, "Podman": { "sockets": ["{{podman.Address}}"] }, "Lxc": { "paths": ["{{lxc.Lxcpath}}"] } } }
            """;
    }

    private T Mine<T>(T engine)
        where T : IAsyncDisposable
    {
        _engines.Add(engine);
        return engine;
    }

    /// <summary>How a container is started and ended.</summary>
    private sealed record BenchedRuntime(string Name, Func<Task> Start, Func<Task> Stop)
    {
        /// <summary>The start is only begun when its command returns: how long that takes says nothing.</summary>
        internal bool ReturnsAtOnce { get; init; }

        /// <summary>The engine's own way to run a program in it.</summary>
        internal string[] Exec { get; init; } = [];
    }
}
