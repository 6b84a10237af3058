using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>The client where it is not wanted, where there is little for it, where it is attacked, and where its server is killed.</summary>
[Collection(nameof(DockerCollection))]
public sealed class ClientTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private const string ClientTarget = "/dev/.container-manager/client";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..14];
    private readonly List<string> _docked = [], _spawned = [];
    private readonly TemporaryDirectory _directory = new("client");
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
    [
        .. _docked.Select(name => CleanUp.Of(() => fixture.Engine.RemoveAsync(name))),
        .. _spawned.Select(name => CleanUp.Of(() => Server.StopContainerAsync(name))),
        CleanUp.Of(_server),
        CleanUp.Of(_directory),
    ]);

    [Fact]
    public async Task NeverIsNeverAndAlwaysIsAlways()
    {
        await StartAsync($$"""  "{{_name}}-never": { "_client": "never" }, "{{_name}}-always": { "_client": "always" }  """);
        await SpawnAsync("never");
        Ran refused = await RunAsync("never", "--", "true");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("_client", refused.Error, StringComparison.Ordinal);

        await SpawnAsync("always");
        await Server.UntilBindingAsync($"{_name}-always", ClientTarget, "attached");
        int first = await ClientOfAsync("always");
        Kill(first);
        int second = await ClientOfAsync("always", other: first);
        Assert.Equal("ours\n", (await RunAsync("always", "--", "echo", "ours")).Output);
        Assert.True(ProcessFacts.Runs(second));
    }

    [Theory]
    [InlineData("--read-only")]
    [InlineData("--cap-drop", "ALL")]
    [InlineData("--user", "1234:55")]
    [InlineData("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "20")]
    public async Task ItWorksWhereAContainerMayDoLittle(params string[] options)
    {
        await StartAsync("");
        await DockAsync("little", options);
        Ran ran = await RunAsync("little", "--", "sh", "-c", "id -u; exit 7");
        Assert.Equal(("", 7), (ran.Error, ran.ExitCode));
        Assert.Equal(options.Contains("--user") ? "1234\n" : "0\n", ran.Output);
    }

    /// <summary>An image of one file: no shell, no library, no /etc, no /tmp.</summary>
    [Fact]
    public async Task ItWorksWhereThereIsNothing()
    {
        Directory.CreateDirectory(_directory["root"]);
        File.Copy("/bin/busybox", _directory["root/busybox"]);
        (await Command.RunAsync("tar", ["--create", "--directory", _directory["root"], "--file", _directory["image.tar"], "busybox"])).OutputOrThrow();
        (await fixture.Engine.DockerAsync("import", _directory["image.tar"], "scratch:test")).OutputOrThrow();
        await StartAsync("");
        _docked.Add($"{_name}-scratch");
        (await fixture.Engine.DockerAsync("run", "--detach", "--network", "none", "--stop-signal", "SIGKILL", "--name", $"{_name}-scratch", "scratch:test", "/busybox", "sleep", "1000000")).OutputOrThrow();
        await KnownAsync("scratch");
        Ran ran = await RunAsync("scratch", "--", "/busybox", "echo", "here");
        Assert.Equal(("", "here\n"), (ran.Error, ran.Output));
        Assert.Equal(127, (await RunAsync("scratch", "--", "sh")).ExitCode);
    }

    /// <summary>The container's root writes into the client's own stream to the server, for it.</summary>
    [Theory]
    [InlineData("printf 'garbage that is no frame at all, and long enough to be read as one'")]
    [InlineData("printf '\\377\\377\\377\\377\\1\\0\\0\\0\\0\\0\\0\\0'")]
    [InlineData("printf '\\0\\0\\0\\0\\12\\0\\0\\0\\1\\0\\0\\0'")]
    [InlineData("printf '\\4\\0\\0\\0\\14\\0\\0\\0\\1\\0\\0\\0\\377\\377\\377\\177'")]
    public async Task WhoSpeaksForTheClientEndsItAndNothingElse(string message)
    {
        await StartAsync("");
        await SpawnAsync("bad");
        await SpawnAsync("good");
        using Process other = ContainerUtil.Start("/", Server.Socket, "-c", $"{_name}-good", "run", "-i", "--", "cat");
        await EchoesAsync(other, "before");
        long before = Resident();
        Ran ran = await RunAsync("bad", "--", "sh", "-c", $"for fd in /proc/$PPID/fd/*; do {message} > $fd; done 2>/dev/null; sleep 1000");
        Assert.NotEqual(0, ran.ExitCode);
        await EchoesAsync(other, "after");
        Assert.True(Resident() < before + (64 << 10), $"{before} → {Resident()} KiB");
        Assert.Single(Server.Log.Split('\n'), line => line.Contains($"{_name}-bad client-ended", StringComparison.Ordinal));
        Assert.Equal("again\n", (await RunAsync("bad", "--", "echo", "again")).Output);
        ContainerUtil.End(other);
    }

    /// <summary>A container's root that may mount can put a program of its own where the client is, in the moment before it is executed there.</summary>
    [Theory]
    [InlineData(ClientTarget, 0, "")]
    [InlineData("/tmp/other", 1, "is not the client")]
    public async Task WhatIsNotTheClientIsNotExecutedInItsPlace(string executed, int status, string said)
    {
        await StartAsync("");
        await SpawnAsync("own");
        Ran other = await RunAsync("own", "--", "sh", "-c", "printf '#!/bin/sh\ntouch /tmp/executed\n' > /tmp/other && chmod 755 /tmp/other");
        Assert.True(other.ExitCode == 0, other.ToString());
        int process = (await Server.StatusAsync()).Containers.Single().ProcessId!.Value;
        CommandResult entered = await Command.RunAsync(
            "sh", ["-c", $"printf g | {Server.StateDirectory}/client/client enter --pid {process} --file {executed} --capabilities 0"]);
        Assert.True(entered.ExitCode == status, $"{entered}\n{Server.Log}");
        Assert.Contains(said, entered.Error, StringComparison.Ordinal);
        Assert.Equal("/tmp/other\n", (await RunAsync("own", "--", "sh", "-c", "ls -d /tmp/*")).Output);
    }

    /// <summary>Frames that may come at any time (Pong), a million of them, and output that nobody reads; meanwhile another container is used.</summary>
    [Fact]
    public async Task AFloodOfOneContainerIsNothingToAnother()
    {
        await StartAsync("");
        await SpawnAsync("bad");
        await SpawnAsync("good");
        using Process other = ContainerUtil.Start("/", Server.Socket, "-c", $"{_name}-good", "run", "-i", "--", "cat");
        await EchoesAsync(other, "before");
        long before = Resident();
        double quiet = await MedianOfEchoesAsync(other);
        using Process unread = ContainerUtil.Start("/", Server.Socket, "-c", $"{_name}-bad", "run", "--", "yes");
        Assert.Equal("y", await unread.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop));
        // Some of these are pipes that nobody reads, which block.
        Task<Ran> flood = RunAsync(
            "bad", "--", "sh", "-c", "for fd in /proc/$PPID/fd/*; do timeout 5 perl -e 'open F, q(>), $ARGV[0]; print F qq(\\0\\0\\0\\0\\4\\0\\0\\0\\0\\0\\0\\0) x 1000000' $fd 2>/dev/null & done; wait");
        double flooded = await MedianOfEchoesAsync(other);
        await flood;
        Assert.True(flooded < Math.Max(10 * quiet, 20), $"{quiet:0.000} ms → {flooded:0.000} ms");
        Assert.True(Resident() < before + (64 << 10), $"{before} → {Resident()} KiB");
        TestContext.Current.SendDiagnosticMessage($"an echo of another container: {quiet:0.000} ms, in the flood {flooded:0.000} ms; {before} → {Resident()} KiB");
        ContainerUtil.End(unread);
        ContainerUtil.End(other);
    }

    private static async Task<double> MedianOfEchoesAsync(Process cat)
    {
        List<double> times = [];
        for (int i = 0; i < 300; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await EchoesAsync(cat, "echo");
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    [Fact]
    public async Task ADetachedProgramIsShownEndedAndOutlivesTheServer()
    {
        await StartAsync("");
        await SpawnAsync("own");
        Ran started = await RunAsync("own", "--detach", "--", "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 1; done");
        Assert.Equal(("", $"{_name}-own/1\n"), (started.Error, started.Output));
        Assert.Equal($"{_name}-own/2\n", (await RunAsync("own", "-d", "--", "sh", "-c", "exit 3")).Output);
        Ran third = await RunAsync("own", "-d", "--env", "CM_TEST=x", "--cwd", "/tmp", "--", "sh", "-c", "echo $CM_TEST > written; exec sleep 1000");
        Assert.Equal($"{_name}-own/3\n", third.Output);
        await Server.UntilLoggedAsync($"{_name}-own/2: sh -c exit 3: status 3");
        Assert.Equal(["/1 running", "/2 ended 3", "/3 running"], await ProgramsAsync());
        Assert.Equal(2, (await Server.StatusAsync()).Containers.Single().Client!.Programs);

        Assert.Equal(0, (await ContainerUtil.RunAsync(Server.Socket, "stop", $"{_name}-own/1")).ExitCode);
        Assert.Equal(["/1 ended 5", "/2 ended 3", "/3 running"], await ProgramsAsync());
        Ran again = await ContainerUtil.RunAsync(Server.Socket, "stop", $"{_name}-own/1");
        Assert.True(again.ExitCode == 1 && again.Error.Contains("does not run any more", StringComparison.Ordinal), again.ToString());
        Assert.Equal("x\n", (await RunAsync("own", "--", "cat", "/tmp/written")).Output);

        await Server.StopAsync();
        await Server.StartAsync();
        Assert.Equal("1\n", (await RunAsync("own", "--", "sh", "-c", "pgrep -fc '[s]leep 1000'")).Output);
    }

    private async Task<string[]> ProgramsAsync()
    {
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, "--json", "ps", $"{_name}-own");
        return [.. JsonSerializer.Deserialize(ran.Output, ControlJson.Default.ProgramsReply)!.Programs
            .Select(program => $"{program.Id[program.Id.IndexOf('/')..]} {program.State}{(program.ExitStatus is { } status ? $" {status}" : "")}")];
    }

    [Fact]
    public async Task AServerThatIsKilledLeavesNothingBehind()
    {
        await StartAsync("");
        await SpawnAsync("own");
        await DockAsync("docked");
        using Process own = ContainerUtil.Start("/", Server.Socket, "-c", $"{_name}-own", "run", "-i", "--", "cat");
        using Process docked = ContainerUtil.Start("/", Server.Socket, "-c", $"{_name}-docked", "run", "-i", "--", "cat");
        await EchoesAsync(own, "one");
        await EchoesAsync(docked, "two");
        Process[] clients = [Process.GetProcessById(await ClientOfAsync("own")), Process.GetProcessById(await ClientOfAsync("docked"))];
        await Server.KillAsync();
        await Task.WhenAll(clients.Select(client => client.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop)));
        Array.ForEach(clients, client => client.Dispose());
        await own.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        Assert.NotEqual(0, own.ExitCode);
        await Server.StartAsync();
        await Server.UntilLoggedAsync($"Detached {_name}-own");
        await Server.UntilLoggedAsync($"Detached {_name}-docked");
        Assert.Equal("absent", (await fixture.Engine.ExecAsync($"{_name}-docked", "sh", "-c", "test -e /dev/.container-manager || echo absent")).OutputOrThrow().TrimEnd());
        ContainerUtil.End(docked);
    }

    private async Task StartAsync(string containers)
    {
        _server = new ServerUnderTest(["Namespaces", "Docker"], $$"""
            { "containerConfigs": { {{containers}} }, "settings": { "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } } } }
            """);
        await Server.StartAsync();
    }

    private async Task SpawnAsync(string name)
    {
        await Server.SpawnAsync(new SpawnRequest($"{_name}-{name}", ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));
        _spawned.Add($"{_name}-{name}");
    }

    private async Task DockAsync(string name, params string[] options)
    {
        _docked.Add($"{_name}-{name}");
        await fixture.Engine.RunAsync($"{_name}-{name}", options);
        await KnownAsync(name);
    }

    private Task<StatusReply> KnownAsync(string name) => Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == $"{_name}-{name}" && container.State == "running"));

    private Task<Ran> RunAsync(string name, params string[] words) => ContainerUtil.RunAsync(Server.Socket, ["-c", $"{_name}-{name}", "run", .. words]);

    private static async Task EchoesAsync(Process cat, string text)
    {
        await cat.StandardInput.WriteAsync($"{text}\n".AsMemory(), Stop);
        await cat.StandardInput.FlushAsync(Stop);
        Assert.Equal(text, await cat.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop));
    }

    /// <summary>The host's number of the client in a container: the one process there that runs the client's file.</summary>
    private async Task<int> ClientOfAsync(string name, int other = 0)
    {
        int client = 0;
        await Server.UntilAsync(reply =>
        {
            int first = reply.Containers.Single(container => container.Name == $"{_name}-{name}").ProcessId!.Value;
            string space = LinkOf(first, "ns/pid");
            client = ProcessFacts.All.FirstOrDefault(id => id != other && ProcessFacts.Runs(id) &&
                ProcessFacts.Read(id, "cmdline").EndsWith("client\0serve\0", StringComparison.Ordinal) && LinkOf(id, "ns/pid") == space);
            return client != 0;
        });
        return client;
    }

    private static string LinkOf(int processId, string file)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}")).LinkTarget ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void Kill(int processId) => Process.GetProcessById(processId).Kill();

    private long Resident() => long.Parse(
        File.ReadLines($"/proc/{Server.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
