using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Podman;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>Programs run in containers through the client, by <c>container-util run</c>: the same in every runtime.</summary>
public abstract class RunTests : IAsyncLifetime
{
    private const string ClientTarget = "/dev/.container-manager/client";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly IScenarioRuntime _runtime;
    private ServerUnderTest? _server;

    private protected RunTests(IScenarioRuntime runtime) => _runtime = runtime;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _runtime.PrepareAsync();
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": {} }, "settings": { "plugins": { "{{_runtime.Plugin}}": {{_runtime.Settings}} } } }
            """);
        await _server.StartAsync();
        await _runtime.StartAsync(_server, _name);
        await _server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _runtime.RemoveAsync(_server, _name);
            await _server.DisposeAsync();
        }

        await using (_runtime as IAsyncDisposable)
        {
        }

        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("no-such-program", 127)]
    [InlineData("kill -9 $$", 137)]
    public async Task TheExitStatusIsThatOfTheProgram(string script, int status)
    {
        Ran ran = await RunAsync("run", "--", "sh", "-c", script);
        Assert.True(status == ran.ExitCode, $"{ran}\n{Server.Log}");
    }

    [Fact]
    public async Task AProgramThatIsNotThereIsToldApart()
    {
        Ran ran = await RunAsync("run", "--", "no-such-program");
        Assert.Equal(127, ran.ExitCode);
        Assert.Contains("no-such-program", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OutputAndErrorsStayApartAndNothingOfTheEndIsLost()
    {
        Ran ran = await RunAsync("run", "--cwd", "/tmp", "--env", "CM_TEST=x y", "--", "sh", "-c", "pwd; echo \"$CM_TEST\"; echo bad >&2; seq 1 20000");
        Assert.True(ran.ExitCode == 0, ran.ToString());
        Assert.Equal($"/tmp\nx y\n{string.Concat(Enumerable.Range(1, 20000).Select(i => $"{i}\n"))}", ran.Output);
        Assert.Equal("bad\n", ran.Error);
    }

    [Fact]
    public async Task AHundredMebibytesGoInAndComeOutAgain()
    {
        byte[] bytes = RandomNumberGenerator.GetBytes(100 << 20);
        using Process process = ContainerUtil.Start("/", Server.Socket, "-c", _name, "run", "-i", "--", "cat");
        Task sending = Task.Run(async () =>
        {
            await process.StandardInput.BaseStream.WriteAsync(bytes, Stop);
            process.StandardInput.Close();
        }, Stop);
        using MemoryStream back = new(bytes.Length);
        await process.StandardOutput.BaseStream.CopyToAsync(back, Stop).WaitAsync(Deadline, Stop);
        await sending;
        await process.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        Assert.Equal(0, process.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(back.GetBuffer().AsSpan(0, (int)back.Length)));
    }

    [Fact]
    public async Task ATerminalHasOurSizeAndItsKeysWork()
    {
        string size = await ContainerUtil.InTerminalAsync(Server.Socket, 123, noColor: true, $"-c {_name} run -it -- stty size");
        Assert.Contains(" 123\n", size, StringComparison.Ordinal);

        using Process typed = ContainerUtil.StartProgram("/", Server.Socket, "script", "-qec", $"{ContainerUtil.Binary} --socket {Server.Socket} -c {_name} run -it -- sh -c 'echo ready; sleep 1000'; echo status $?", "/dev/null");
        await ContainerUtil.UntilLineAsync(typed, "ready");
        await typed.StandardInput.BaseStream.WriteAsync(new byte[] { 3 }, Stop);
        await typed.StandardInput.BaseStream.FlushAsync(Stop);
        Assert.Contains("status 130", await typed.StandardOutput.ReadToEndAsync(Stop).WaitAsync(Deadline, Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATerminalIsAsLargeAsOursBecomes()
    {
        const string Script = "trap 'stty size' WINCH; tty; echo ready; while :; do sleep 1; done";
        using Process typed = ContainerUtil.StartProgram("/", Server.Socket, "script", "-qec", $"tty; {ContainerUtil.Binary} --socket {Server.Socket} -c {_name} run -it -- sh -c \"{Script}\"", "/dev/null");
        string ours = (await typed.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop))!.Trim();
        await ContainerUtil.UntilLineAsync(typed, "ready");
        (await Command.RunAsync("stty", ["-F", ours, "rows", "33", "columns", "77"])).OutputOrThrow();
        await ContainerUtil.UntilLineAsync(typed, "33 77");
        ContainerUtil.End(typed);
    }

    /// <summary>As with pipes, what it has left running is not waited for.</summary>
    [Fact]
    public async Task ATerminalEndsWithItsProgram()
    {
        string said = await ContainerUtil.InTerminalAsync(Server.Socket, 80, noColor: true, $"-c {_name} run -it -- sh -c 'sleep 1000 & echo started'; echo status $?");
        Assert.Contains("started\n", said, StringComparison.Ordinal);
        Assert.EndsWith("status 0\n", said, StringComparison.Ordinal);
    }

    /// <summary>Nobody has the terminal open any more, and the program runs on, and may open it again; a key, or another size, concerns nobody.</summary>
    [Fact]
    public async Task ATerminalThatItsProgramClosesIsNoTrouble()
    {
        string sleep = $"sleep {RandomNumberGenerator.GetInt32(100_000_000, 999_999_999)}";
        string run = $"{ContainerUtil.Binary} --socket {Server.Socket} -c {_name} run -it -- sh -c 'exec </dev/null >/dev/null 2>&1; echo again >/dev/tty; exec {sleep}'";
        using Process typed = ContainerUtil.StartProgram("/", Server.Socket, "script", "-qec", $"tty; {run}; echo status $?", "/dev/null");
        string ours = (await typed.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop))!.Trim();
        await ContainerUtil.UntilLineAsync(typed, "again");
        await UntilRunsAsync(sleep);
        await typed.StandardInput.WriteAsync("x".AsMemory(), Stop);
        await typed.StandardInput.FlushAsync(Stop);
        (await Command.RunAsync("stty", ["-F", ours, "rows", "33", "columns", "77"])).OutputOrThrow();
        Assert.Equal("two\n", (await RunAsync("run", "--", "echo", "two")).Output);
        int asking = ProcessFacts.All.Single(id => ProcessFacts.Read(id, "cmdline") is { } words &&
            words.StartsWith(ContainerUtil.Binary, StringComparison.Ordinal) && words.Contains(sleep, StringComparison.Ordinal));
        (await Command.RunAsync("kill", ["-TERM", asking.ToString(CultureInfo.InvariantCulture)])).OutputOrThrow();
        await ContainerUtil.UntilLineAsync(typed, "status 143");
    }

    /// <summary>As from a shell: who writes to nobody is ended, and the streams may be opened anew, by a user who is not root as well.</summary>
    [Fact]
    public async Task AProgramHasTheUsualSignalsAndStreamsOfItsOwn()
    {
        const ulong BrokenPipe = 1 << (13 - 1);
        Ran ignored = await RunAsync("run", "--", "sed", "-n", "s/^SigIgn://p", "/proc/self/status");
        Assert.Equal(0ul, ulong.Parse(ignored.Output.AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & BrokenPipe);

        Ran opened = await RunAsync("run", "--user", "1", "--", "sh", "-c", "id -u; echo out > /proc/self/fd/1; echo bad > /proc/self/fd/2");
        Assert.Equal(("1\nout\n", "bad\n", 0), (opened.Output, opened.Error, opened.ExitCode));
        Assert.Contains("again\n", await ContainerUtil.InTerminalAsync(Server.Socket, 80, noColor: true, $"-c {_name} run -it --user 1 -- sh -c 'echo again > $(tty)'"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoHundredProgramsRunAtOnce()
    {
        Ran[] all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => RunAsync("run", "--", "sh", "-c", $"echo {i}; exit {i}")));
        Assert.All(all.Index(), ran => Assert.Equal((ran.Index, $"{ran.Index}\n"), (ran.Item.ExitCode, ran.Item.Output)));
    }

    /// <summary>A program that we run may no more than one that the container runs itself, counts as the container's, and sees nothing of the host's.</summary>
    [Fact]
    public async Task WhatRunsIsConfinedAsTheContainerIs()
    {
        using (Process running = ContainerUtil.Start("/", Server.Socket, "-c", _name, "run", "-i", "--", "sh", "-c", $": {_name}; echo ready; read line"))
        {
            Assert.Equal("ready", await running.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop));
            int first = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
            int ours = Assert.Single(ProcessFacts.All, id => ProcessFacts.Runs(id) && ProcessFacts.Read(id, "cmdline").StartsWith($"sh\0-c\0: {_name};", StringComparison.Ordinal));

            // What the server has not, nothing that it starts can have; but who enters a user namespace has all capabilities in it (user_namespaces(7)).
            ulong most = _runtime.HasUserNamespace ? ulong.MaxValue : BoundingSet(Server.ProcessId);
            Assert.Equal(Confinement(first, most), Confinement(ours, ulong.MaxValue));
            ContainerUtil.End(running);
        }

        Assert.Equal("0\n1\n2\n", (await RunAsync("run", "--", "sh", "-c", "ls /proc/$$/fd; true")).Output);
        string installed = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Installation.Client, Stop)));
        Ran overwritten = await RunAsync("run", "--", "sh", "-c", $"echo bad > {ClientTarget}; for exe in /proc/[0-9]*/exe; do echo bad > $exe; done 2>/dev/null; true");
        Assert.NotEqual("", overwritten.Error);
        Assert.Equal(installed, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Installation.Client, Stop))));
        Server.AssertEveryThreadAtHome();
    }

    /// <summary>One that is killed is started again by whoever needs it next, and what it was needed for is gone with it.</summary>
    [Fact]
    public async Task AClientThatIsKilledIsStartedAgain()
    {
        Assert.Equal("one\n", (await RunAsync("run", "--", "echo", "one")).Output);
        BindingStatus mounted = await Server.UntilBindingAsync(_name, ClientTarget, "attached");
        Assert.True(mounted.ReadOnly);
        Ran killed = await RunAsync("run", "--", "sh", "-c", "kill -9 $PPID; sleep 1000");
        Assert.NotEqual(0, killed.ExitCode);
        await Server.UntilGoneAsync(_name, ClientTarget);
        Assert.Equal("gone", (await _runtime.ExecAsync(Server, _name, "sh", "-c", "test -e /dev/.container-manager || echo gone")).TrimEnd());
        Assert.Equal("two\n", (await RunAsync("run", "--", "echo", "two")).Output);
    }

    /// <summary>It ends with its connection, whoever started it: engines, and lxc-attach, leave behind what they have started.</summary>
    [Fact]
    public async Task AClientThatIsNotNeededAnyMoreIsGone()
    {
        using Process running = ContainerUtil.Start("/", Server.Socket, "-c", _name, "run", "-i", "--", "sh", "-c", $": {_name}; echo ready; read line");
        Assert.Equal("ready", await running.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(Deadline, Stop));
        int program = ProcessFacts.All.Single(id => ProcessFacts.Runs(id) && ProcessFacts.Read(id, "cmdline").StartsWith($"sh\0-c\0: {_name};", StringComparison.Ordinal));
        using Process client = Process.GetProcessById(ProcessFacts.ParentOf(program));
        string words = ProcessFacts.Read(client.Id, "cmdline");
        Assert.EndsWith("client\0serve\0", words, StringComparison.Ordinal);
        ContainerUtil.End(running);

        // By its path where the plugin had it started; the plugin is let go then. Else by the server itself.
        bool byPlugin = words.StartsWith('/');
        await (byPlugin ? Server.ReloadAsync(_runtime.Plugin) : Server.StopAsync());
        await client.WaitForExitAsync(Stop).WaitAsync(Deadline, Stop);
        await (byPlugin ? Task.CompletedTask : Server.StartAsync());
    }

    private static async Task UntilRunsAsync(string command)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!ProcessFacts.All.Any(id => ProcessFacts.Read(id, "cmdline") == command.Replace(' ', '\0') + "\0"))
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Deadline, $"{command} does not run");
            await Task.Yield();
        }
    }

    /// <summary>The cgroups but for systemd's own, which limits nothing, and what it can have of capabilities.</summary>
    /// <param name="processId">Whose.</param>
    /// <param name="most">Capabilities that do not count are not among them.</param>
    private static string[] Confinement(int processId, ulong most) =>
    [
        // LXC has a cgroup for what is attached, in that of the container.
        .. ProcessFacts.Read(processId, "cgroup").Replace("/.lxc\n", "\n", StringComparison.Ordinal).Split('\n')
            .Where(line => !line.Contains("name=systemd", StringComparison.Ordinal)),
        .. ProcessFacts.Read(processId, "status").Split('\n').Where(line => line.StartsWith("NoNewPrivs:", StringComparison.Ordinal)),
        string.Create(CultureInfo.InvariantCulture, $"{BoundingSet(processId) & most:x16}"),
    ];

    private static ulong BoundingSet(int processId)
    {
        string line = ProcessFacts.Read(processId, "status").Split('\n').Single(line => line.StartsWith("CapBnd:", StringComparison.Ordinal));
        return ulong.Parse(line["CapBnd:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private Task<Ran> RunAsync(params string[] words) => ContainerUtil.RunAsync(Server.Socket, ["-c", _name, .. words]);
}

/// <summary>In our own light containers.</summary>
public sealed class NamespacesRunTests() : RunTests(new NamespacesScenarioRuntime());

/// <summary>In our own light containers with a user namespace.</summary>
public sealed class UserNamespacesRunTests() : RunTests(new NamespacesScenarioRuntime(userNamespace: true));

/// <summary>In Docker's containers.</summary>
[Collection(nameof(DockerCollection))]
public sealed class DockerRunTests(DockerEngineFixture fixture) : RunTests(new DockerScenarioRuntime(fixture.Engine));

/// <summary>In Podman's containers.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class PodmanRunTests(PodmanEngineFixture fixture) : RunTests(new PodmanScenarioRuntime(fixture.Root));

/// <summary>In containers of an ordinary user's Podman.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class RootlessPodmanRunTests(PodmanEngineFixture fixture) : RunTests(new RootlessPodmanScenarioRuntime(fixture.Rootless));

/// <summary>In LXC's containers.</summary>
public sealed class LxcRunTests() : RunTests(new LxcScenarioRuntime(unprivileged: false));

/// <summary>In LXC's containers with a user namespace.</summary>
public sealed class UnprivilegedLxcRunTests() : RunTests(new LxcScenarioRuntime(unprivileged: true));

/// <summary>In machines of systemd-nspawn.</summary>
public sealed class NspawnRunTests() : RunTests(new NspawnScenarioRuntime());

/// <summary>In machines of systemd-nspawn with a user namespace.</summary>
public sealed class NspawnUserNamespaceRunTests() : RunTests(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown"));
