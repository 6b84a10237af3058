using System.Globalization;
using ContainerManager.Tests.Benchmarks;

// Benchmarks BIN [peers|plug|scale]: measures the programs in BIN (with "peers" only binding, beside the runtimes' own commands; with "plug" only devices, beside LXD; with "scale" only many containers); prints a table. Goals are those of the project's own issues.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string bin = Path.GetFullPath(args.Length > 0 ? args[0] : "out/bin");
string directory = Directory.CreateTempSubdirectory("container-manager-bench-").FullName;
string watched = Directory.CreateDirectory(Path.Combine(directory, "watched")).FullName;
string bareWatched = Directory.CreateDirectory(Path.Combine(directory, "bare")).FullName;
string bare = Path.Combine(directory, "bare-loop");
string relay = Path.Combine(directory, "relay");
string plug = Path.Combine(directory, "plug");
string name = $"bench-{Environment.ProcessId}";
string configuration = $$"""
    { "containerConfigs": { "{{name}}": { "_inotify_watch": { "{{watched}}": { "target": "/watched" } } } } }
    """;
string deviceConfiguration = $$"""
    { "containerConfigs": { "{{name}}": { "_filter_udev_events": true, "_udev_filters": [{ "subsystem": "misc", "devnode": "{{RelayBenchmark.Device}}" }] } } }
    """;
try
{
    Programs.Run("gcc", "-O2", "-Wall", "-o", bare, Path.Combine(AppContext.BaseDirectory, "bare.c"));
    Programs.Run("gcc", "-O2", "-Wall", "-o", relay, Path.Combine(AppContext.BaseDirectory, "relay.c"), "-lpthread");
    Programs.Run("gcc", "-O2", "-Wall", "-o", plug, Path.Combine(AppContext.BaseDirectory, "plug.c"));
    Row("what", "measured", "beside", "ratio", "goal");

    if (args.Contains("plug"))
    {
        await PlugAsync();
        return;
    }

    if (args.Contains("peers"))
    {
        await PeersAsync();
        return;
    }

    if (args.Contains("scale"))
    {
        await ScaleAsync();
        return;
    }

    Samples start = new();
    for (int i = 0; i < 5; i++)
    {
        using BenchServer once = new(bin, directory, configuration);
        start.Add(once.StartMilliseconds);
    }

    Row("server: start to ready", $"{start.Median:0} ms", "", "", "");

    using (BenchServer server = new(bin, directory, configuration))
    {
        server.Tool("spawn", name, "--host-usr", "--", "sleep", "infinity");
        try
        {
            (Samples ofServer, Samples ofBare) = new AppearanceBenchmark(server, name, watched, bareWatched).Run(bare);
            Ratio("path created to mounted inside, p50", ofServer.Median, ofBare.Median, "1.50");
            Ratio("path created to mounted inside, p99", ofServer.At(0.99), ofBare.At(0.99), "2.00");
            Row("path created to mounted inside", "", "the seed: 1 s", $"1:{1e6 / ofServer.Median:0}", "1:1000");

            Samples replaced = ReplaceBenchmark.Run(server, watched);
            Row("file replaced to new one mounted, p50", $"{replaced.Median:0.0} µs", "", "", "");
            Row("file replaced to new one mounted, p99", $"{replaced.At(0.99):0.0} µs", "", "", "");

            (Samples burst, Samples bareBurst) = new BurstBenchmark(server, name, watched, bareWatched).Run(bare);
            Row("10,000 paths at once", $"{burst.Median:0} /s", $"bare C loop {bareBurst.Median:0} /s", $"{burst.Median / bareBurst.Median:0.00}", "0.70");
            (Samples request, Samples undo, Samples bind, Samples nsenter) = new BindBenchmark(server, name, directory).Run();
            Row("bind by request, p50", $"{request.Median:0} µs", "", "", "500 µs");
            Row("bind by request, p99", $"{request.At(0.99):0} µs", "", "", "");
            Row("unbind by request, p50", $"{undo.Median:0} µs", "", "", "");
            Row("container-util bind", $"{bind.Median:0.0} ms", $"nsenter, mount {nsenter.Median:0.0} ms", $"{bind.Median / nsenter.Median:0.00}", "");
            Samples status = new();
            for (int i = 0; i < 30; i++)
            {
                status.Add(Programs.Time(Path.Combine(bin, "container-util"), "--socket", server.Socket, "status"));
            }

            Row("container-util status, wall time", $"{status.Median:0.0} ms", "", "", "30 ms");
            (Samples warm, Samples cold, Samples entered, double resident) = RunBenchmark.Run(server, bin, name);
            Row("run -- true, client there", $"{warm.Median:0.0} ms", $"nsenter {entered.Median:0.0} ms", $"{warm.Median / entered.Median:0.00}", "");
            Row("run -- true, client injected for it", $"{cold.Median:0.0} ms", $"of that without: {cold.Median - warm.Median:0.0} ms", "", "10 ms");
            Row("client: resident memory", $"{resident:0.0} MiB", "", "", "6 MiB");
            Row("plugin reloaded", $"{(await ReloadBenchmark.RunAsync(server)).Median:0} ms", "", "", "");
            Row("server: resident memory", $"{server.ResidentMegabytes():0} MB", "", "", "");
            Idle(server, "server: CPU over 30 s idle");
        }
        finally
        {
            server.Tool("stop", name);
        }
    }

    using (UdevdStandIn udevd = new())
    using (BenchServer server = new(bin, directory, deviceConfiguration))
    {
        server.Tool("spawn", name, "--host-usr", "--", "sleep", "infinity");
        try
        {
            (Samples ofServer, Samples ofBare) = RelayBenchmark.Run(relay, server.Status().Containers.Single(c => c.Name == name).ProcessId!.Value);
            Ratio("udev event to received inside, p50", ofServer.Median, ofBare.Median, "1.50");
            Ratio("udev event to received inside, p99", ofServer.At(0.99), ofBare.At(0.99), "");
        }
        finally
        {
            server.Tool("stop", name);
        }
    }

    await ScaleAsync();
    await PlugAsync();
    await PeersAsync();

    await using (DiscoveryBenchmark discovery = await DiscoveryBenchmark.PrepareAsync())
    {
        using BenchServer server = new(bin, directory, $$"""{ "settings": {{discovery.Settings}} }""");
        await foreach ((string runtime, Samples known, Samples? started) in discovery.RunAsync(server))
        {
            Row($"{runtime}: container start to known", $"{known.Median:0.0} ms", started is null ? "" : $"start by itself {started.Median:0.0} ms", "", "");
        }

        await foreach ((string runtime, string own, Samples ours, Samples theirs) in discovery.RunProgramsAsync(server, bin))
        {
            Row($"{runtime}: run -- true, client there", $"{ours.Median:0.0} ms", $"{own} {theirs.Median:0.0} ms", $"{ours.Median / theirs.Median:0.00}", "");
        }

        Idle(server, "server: CPU over 30 s idle, 5 runtimes");
    }

    string client = Path.Combine(bin, "client");
    Row("client: size", $"{new FileInfo(client).Length / 1048576.0:0.00} MiB", "", "", "3 MiB");
    string empty = Directory.CreateDirectory(Path.Combine(directory, "empty")).FullName;
    File.Copy(client, Path.Combine(empty, "client"));
    (Samples ofClient, Samples ofTrue) = (new(), new());
    for (int i = 0; i < 50; i++)
    {
        ofClient.Add(Programs.Time("chroot", empty, "/client", "--version"));
        ofTrue.Add(Programs.Time("chroot", "/", "/bin/true"));
    }

    Row("client: start in an empty root", $"{ofClient.Median:0.0} ms", $"/bin/true {ofTrue.Median:0.0} ms", $"{ofClient.Median / ofTrue.Median:0.00}", "");
}
finally
{
    Directory.Delete(directory, recursive: true);
}

async Task ScaleAsync()
{
    foreach (int containers in (int[])[1, 100, 1000])
    {
        ScaleBenchmark.Result scale = await new ScaleBenchmark(bin, directory, name).RunAsync(containers);
        bool most = containers == 1000;
        Row($"{containers} containers × 10: start to attached", $"{scale.Start:0} ms", "", "", most ? "2000 ms" : "");
        Row($"{containers} containers × 10: resident at once", $"{scale.AtOnce:0} MiB", "", "", "");
        Row($"{containers} containers × 10: resident", $"{scale.Resident:0} MiB", "", "", most ? "120 MiB" : "");
        Row($"{containers} containers: one path in all", $"{scale.All:0.0} ms", "", "", most ? "50 ms" : "");
        Row($"{containers} containers: a path of one, p50", $"{scale.One.Median:0} µs", "", "", "");
    }
}

async Task PeersAsync()
{
    await foreach ((string runtime, string command, Samples ours, Samples? theirs) in new PeersBenchmark(bin, directory).RunAsync())
    {
        Row($"{runtime}: container-util bind", $"{ours.Median:0.0} ms", theirs is null ? $"{command}: fails here" : $"{command} {theirs.Median:0.0} ms", theirs is null ? "" : $"{ours.Median / theirs.Median:0.00}", "");
    }

    Row("permission granted, cgroup v1", GrantBenchmark.Version1() is { } lists ? $"{lists.Median:0} µs" : "no cgroup v1", "", "", "");
    Row("permission granted, cgroup v2", $"{GrantBenchmark.Version2().Median:0} µs", "", "", "");
}

async Task PlugAsync()
{
    (Samples byPath, Samples byUdev, Samples? lxd) = await new PlugBenchmark(bin, directory, plug).RunAsync(name);
    Beside("plugged in to opens inside, by its path", byPath, "LXD", lxd);
    Beside("plugged in to opens inside, by udev", byUdev, "LXD", lxd);
}

static void Row(string what, string measured, string beside, string ratio, string goal) =>
    Console.WriteLine($"{what,-38} {measured,12}  {beside,-22} {ratio,6} {goal,8}");

static void Idle(BenchServer server, string what)
{
    TimeSpan settled = server.UntilSettled();
    double before = server.CpuSeconds();
    Thread.Sleep(TimeSpan.FromSeconds(30));
    double idle = (server.CpuSeconds() - before) / 30 * 100;
    Row(what, $"{idle:0.0} %", $"{settled.TotalSeconds:0} s after the load", "", "0.0 %");
}

static void Beside(string what, Samples measured, string peer, Samples? beside) => Row(
    what,
    $"{measured.Median / 1000:0.00} ms",
    beside is null ? $"{peer} is not installed" : $"{peer} {beside.Median / 1000:0.00} ms",
    beside is null ? "" : $"{measured.Median / beside.Median:0.00}",
    "");

static void Ratio(string what, double measured, double beside, string goal) =>
    Row(what, $"{measured:0.0} µs", $"bare C loop {beside:0.0} µs", $"{measured / beside:0.00}", goal);
