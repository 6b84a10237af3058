using System.Diagnostics;
using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Configuration;

/// <summary>Who may use the control socket, and what many at once do to the server.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AccessTests : IAsyncLifetime
{
    private const int Callers = 1000;

    /// <summary>Groups need no entry anywhere: the kernel knows numbers.</summary>
    private const string Readers = "54321", Controllers = "54322";
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("access");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _runtime.RemoveAsync(_server, _name);
        }

        await CleanUp.AllAsync(CleanUp.Of(_server), CleanUp.Of(_host));
    }

    [Fact]
    public async Task GroupsMayWhatTheyMayAndNobodyElseMayAnything()
    {
        await StartAsync($$"""{ "settings": { "readGroup": "{{Readers}}", "controlGroup": "{{Controllers}}" } }""");
        Ran outsider = await AsAsync("54320", "status");
        Assert.Equal((1, ""), (outsider.ExitCode, outsider.Output));
        Assert.Equal("container-util: user 12345 may not use this server\n  root may, and the members of the groups that its settings name (readGroup, controlGroup)\n", outsider.Error);
        Assert.Equal(1, (await AsAsync("54320", "-c", _name, "bind", "/etc/hostname")).ExitCode);

        Ran reader = await AsAsync(Readers, "status");
        Assert.True(reader.ExitCode == 0, reader.ToString());
        Assert.Contains(_name, reader.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(_host["new"], "{}", Stop);
        foreach (string[] change in (string[][])[["bind", "/etc/hostname"], ["run", "--", "id"], ["config", "reload"], ["config", "diff", _host["new"]], ["unbind", "/x"], ["stop", _name]])
        {
            Ran refused = await AsAsync(Readers, ["-c", _name, .. change]);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("user 12345 may look, but not change anything", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await AsAsync(Readers, "config", "check", _host["new"])).ExitCode);

        Ran bound = await AsAsync(Controllers, "-c", _name, "bind", "/etc/hostname", "--to", "/bound");
        Assert.True(bound.ExitCode == 0, bound.ToString());
        Assert.Equal("0\n", (await AsAsync(Controllers, "-c", _name, "run", "--", "id", "-u")).Output);
        await Server.UntilLoggedAsync($"): bind /etc/hostname in {_name} at /bound");
        await Server.UntilLoggedAsync($"): run in {_name}: id -u");
        Assert.Contains("user 12345 (pid ", Server.Log, StringComparison.Ordinal);
    }

    /// <summary>As the file says, at once: to root alone, then to a group as well, then to root alone again; a group that is not there changes nothing.</summary>
    [Fact]
    public async Task WhoMayChangesWithTheConfiguration()
    {
        await StartAsync("{}");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Server.Socket));
        Ran closed = await AsAsync(Readers, "status");
        Assert.NotEqual(0, closed.ExitCode);
        Server.Configure($$"""{ "settings": { "readGroup": "{{Readers}}" } }""");
        await Server.UntilLoggedAsync("is in force");
        Assert.Empty((await Server.ReloadConfigurationAsync()).Errors);
        Assert.Equal(0, (await AsAsync(Readers, "status")).ExitCode);
        Server.Configure("""{ "settings": { "readGroup": "no-such-group" } }""");
        await Server.UntilLoggedAsync("there is no group no-such-group in /etc/group");
        Assert.Equal(0, (await AsAsync(Readers, "status")).ExitCode);
        Server.Configure("{}");
        Assert.Empty((await Server.ReloadConfigurationAsync()).Errors);
        Assert.NotEqual(0, (await AsAsync(Readers, "status")).ExitCode);
    }

    /// <summary>Somebody who may nothing opens a hundred connections and keeps them: most are hung up on, and others are served.</summary>
    [Fact]
    public async Task OneUserCannotTakeThePlacesOfAllOthers()
    {
        await StartAsync($$"""{ "settings": { "readGroup": "{{Readers}}" } }""");
        const string Hold = """
            import socket, sys
            held = []
            for i in range(100):
                s = socket.socket(socket.AF_UNIX)
                s.connect(sys.argv[1])
                held.append(s)
            closed = 0
            while closed < 36:
                for s in list(held):
                    s.settimeout(0.05)
                    try:
                        gone = s.recv(1) == b''
                    except TimeoutError:
                        gone = False
                    except OSError:
                        gone = True
                    if gone:
                        closed += 1
                        held.remove(s)
            print('closed', closed, 'held', len(held), flush=True)
            sys.stdin.read()
            """;
        using Process holder = ContainerUtil.StartProgram("/", Server.Socket, "setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--", "/usr/bin/python3", "-c", Hold, Server.Socket);
        Assert.Equal("closed 36 held 64", await holder.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop));
        Assert.Equal(0, (await ContainerUtil.RunAsync(Server.Socket, "status")).ExitCode);
        holder.StandardInput.Close();
        await holder.WaitForExitAsync(Stop).WaitAsync(ServedEngine.Deadline, Stop);
        Assert.Equal(1, (await AsAsync("54320", "status")).ExitCode);
        Assert.Equal(0, (await AsAsync(Readers, "status")).ExitCode);
    }

    /// <summary>
    /// A thousand callers, half of which never read what they asked for, while the others follow the events: memory stays bounded, and the engine as fast
    /// as it was, since its threads come before those that serve callers.
    /// </summary>
    [Fact]
    public async Task AThousandCallersOfWhomHalfNeverReadDoNotSlowTheEngine()
    {
        string watched = Directory.CreateDirectory(_host["watched"]).FullName;
        await StartAsync($$"""{ "containerConfigs": { "{{_name}}": { "_inotify_watch": { "{{watched}}": { "target": "/watched" } } } } }""");
        const string Call = """
            import selectors, socket, sys
            path, status, events, half = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
            def ask(question, times):
                s = socket.socket(socket.AF_UNIX)
                s.connect(path)
                for i in range(times):
                    s.sendall(f'GET {question} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
                return s
            silent = [ask(status, 10) for i in range(half)]
            readers = selectors.DefaultSelector()
            for i in range(half):
                s = ask(events, 1)
                assert s.recv(12) == b'HTTP/1.1 200'
                readers.register(s, selectors.EVENT_READ)
            print('called', flush=True)
            readers.register(sys.stdin, selectors.EVENT_READ)
            while True:
                for key, _ in readers.select():
                    if key.fileobj is sys.stdin:
                        sys.exit()
                    key.fileobj.recv(65536)
            """;
        TimeSpan before = Latency(watched, "before");
        long memory = Resident();
        using Process callers = ContainerUtil.StartProgram(
            "/", Server.Socket, "/usr/bin/python3", "-c", Call, Server.Socket, ControlAddress.Status, ControlAddress.Events, (Callers / 2).ToString(CultureInfo.InvariantCulture));
        Assert.Equal("called", await callers.StandardOutput.ReadLineAsync(Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop));
        TimeSpan during = Latency(watched, "during");
        long more = Resident() - memory;
        callers.StandardInput.Close();
        await callers.WaitForExitAsync(Stop).WaitAsync(ServedEngine.Deadline, Stop);
        TimeSpan after = Latency(watched, "after");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"engine {before.TotalMicroseconds:0} µs -> {during.TotalMicroseconds:0} µs -> {after.TotalMicroseconds:0} µs; memory {more / 1024} KiB more");
        Assert.True(more < 192 << 20, $"{more} bytes more");
        Assert.True(during < 2 * before + TimeSpan.FromMilliseconds(0.5), $"{before} -> {during}");
    }

    /// <summary>
    /// From the creation of a file until it is there inside: the median of some. Who measures comes before the callers too, which share the processors
    /// with the server in this test alone.
    /// </summary>
    private static TimeSpan Measure(Func<int, TimeSpan> once)
    {
        List<TimeSpan> took = [];
        Thread measuring = new(() =>
        {
            Assert.True(SchedulingPriority.TrySet(-10));
            took.AddRange(Enumerable.Range(0, 101).Select(once));
        });
        measuring.Start();
        measuring.Join();
        took.Sort();
        return took[took.Count / 2];
    }

    private TimeSpan Latency(string directory, string prefix) => Measure(i =>
    {
        string file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}"));
        string inside = $"/proc/{_processId}/root/watched/{Path.GetFileName(file)}";
        long begun = Stopwatch.GetTimestamp();
        File.WriteAllText(file, "x");
        while (!File.Exists(inside))
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < ServedEngine.Deadline, $"{inside} is not there");
        }

        return Stopwatch.GetElapsedTime(begun);
    });

    private int _processId;

    private long Resident() => long.Parse(
        File.ReadLines($"/proc/{Server.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    private async Task StartAsync(string configuration)
    {
        _server = new ServerUnderTest(["Namespaces"], configuration);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        _processId = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
    }

    private async Task<Ran> AsAsync(string group, params string[] words)
    {
        using Process process = ContainerUtil.StartProgram("/", Server.Socket, "setpriv", ["--reuid=12345", "--regid=12345", $"--groups={group}", "--", ContainerUtil.Binary, .. words]);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Stop), error = process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop).WaitAsync(ServedEngine.Deadline, Stop);
        return new Ran(process.ExitCode, await output, await error);
    }
}
