using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

public sealed class TerminalTests : IAsyncLifetime
{
    private const char Escape = '\u001b';

    private ServedEngine _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedEngine.StartAsync();

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task TerminalGetsColours()
    {
        string output = await ContainerUtil.InTerminalAsync(_served.Socket, 120, noColor: false, "status");
        Assert.Contains($"{Escape}[", output, StringComparison.Ordinal);
        Assert.Contains("attached", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TerminalThatWantsNoneGetsTheSameAsAPipe()
    {
        Ran piped = await ContainerUtil.RunAsync(_served.Socket, "status");
        Assert.Equal(piped.Output, await ContainerUtil.InTerminalAsync(_served.Socket, 120, noColor: true, "status"));
        Assert.DoesNotContain(Escape, piped.Output);
    }

    [Fact]
    public async Task NarrowTerminalGetsShorterLinesAndWholePaths()
    {
        string output = await ContainerUtil.InTerminalAsync(_served.Socket, 40, noColor: true, "status web");
        const string Expected = """
            web running (docker, pid 4711)
              attached  /srv/a
                        → /srv/a
              waiting   /dev/x
                        → /dev/y (read-only)
                        for /dev/x

            """;
        Assert.Equal(Expected, output);
    }

    [Fact]
    public async Task LongPathIsNeverBroken()
    {
        string path = "/" + string.Join('/', Enumerable.Repeat("a component with spaces", 40));
        Show(FakeEngine.Attached with { Source = path, Target = path });
        Assert.Contains($"{path} → {path}\n", (await ContainerUtil.RunAsync(_served.Socket, "status")).Output, StringComparison.Ordinal);
        Assert.Contains($"{path}\n", await ContainerUtil.InTerminalAsync(_served.Socket, 40, noColor: true, "status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWouldSteerTheTerminalIsShown()
    {
        Show(FakeEngine.Attached with { Source = "/tmp/[red]\u001b]0;x\u0007\n\u009b2J\u202e", Target = "/t" });
        string output = (await ContainerUtil.RunAsync(_served.Socket, "status")).Output;
        Assert.Contains(@"/tmp/[red]\u001B]0;x\u0007\u000A\u009B2J\u202E → /t", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task SentencesGoOnBelowBetweenTheirWords(int columns)
    {
        string reason = string.Join(' ', Enumerable.Range(0, 60).Select(i => $"word{i}"));
        ContainerStatus web = _served.Engine.Status.Containers[0];
        _served.Engine.Status = _served.Engine.Status with
        {
            Runtimes = [new RuntimeStatus("docker", "failed", $"runtime {reason}")],
            Plugins = [FakeEngine.Broken with { Error = $"plugin {reason}" }],
            ConfigurationErrors = [$"configuration {reason}"],
            Containers = [web with { State = "failed", Reason = $"container {reason}", Bindings = [FakeEngine.Failed with { Reason = $"binding {reason}" }] }],
        };
        string[] rows = (await ContainerUtil.InTerminalAsync(_served.Socket, columns, noColor: true, "status")).Split('\n');
        Assert.All(rows, row => Assert.InRange(row.Length, 0, columns));
        string text = string.Join(' ', rows.Select(row => row.Trim()));
        Assert.All((string[])["runtime", "plugin", "configuration", "container", "binding"], what => Assert.Contains($"{what} {reason}", text, StringComparison.Ordinal));
        Assert.All(rows.Where(row => row.TrimStart().StartsWith("word", StringComparison.Ordinal)), row => Assert.StartsWith(new string(' ', 12), row, StringComparison.Ordinal));
        Assert.InRange(rows.Length, 5 * (reason.Length / columns), (5 * (reason.Length / (columns - 40))) + 12);
    }

    /// <summary>To a person; a script, whose errors go to a pipe or who wants JSON, is told nothing in the same time.</summary>
    [Fact]
    public async Task WhatTakesLongIsSaidUntilThereIsAnAnswer()
    {
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _served.Engine.Gate = answer.Task.WaitAsync;
        using Process piped = ContainerUtil.Start("/", _served.Socket, "-c", "web", "bind", "/srv/a"), json = Type("--json"), typed = Type("");
        try
        {
            StringBuilder seen = new();
            char[] buffer = new char[1024];
            while (!seen.ToString().Contains("bind: waiting, 2 s", StringComparison.Ordinal))
            {
                int read = await typed.StandardOutput.ReadAsync(buffer, Stop).AsTask().WaitAsync(ServedEngine.Deadline, Stop);
                Assert.True(read > 0, $"it has ended: {seen}");
                seen.Append(buffer, 0, read);
            }

            answer.SetResult();
            Assert.StartsWith("\r\e[Kbind: waiting, 1 s\r\e[Kbind: waiting, 2 s", Ours(seen.ToString()), StringComparison.Ordinal);
            Assert.Matches("^(\r\e\\[Kbind: waiting, [0-9]+ s)*\r\e\\[K[^\r\e]*/srv/a", await ToEndAsync(typed.StandardOutput));
            Assert.StartsWith("{", await ToEndAsync(json.StandardOutput), StringComparison.Ordinal);
            Assert.Equal("", await ToEndAsync(piped.StandardError));
        }
        finally
        {
            ContainerUtil.End(typed);
            ContainerUtil.End(json);
            ContainerUtil.End(piped);
        }

        Process Type(string option)
        {
            string line = $"TERM=xterm-256color NO_COLOR=1 {ContainerUtil.Binary} {option} -c web bind /srv/a";
            Process process = ContainerUtil.StartProgram("/", _served.Socket, "script", "-qec", line, "/dev/null");
            process.StandardInput.Close();
            return process;
        }

        static async Task<string> ToEndAsync(StreamReader reader) => Ours(await reader.ReadToEndAsync(Stop).WaitAsync(ServedEngine.Deadline, Stop));

        static string Ours(string text) => text.Replace("\e[?1h\e=", "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task WhatTheDoctorSaysFits(int columns)
    {
        string[] rows = (await ContainerUtil.InTerminalAsync(_served.Socket, columns, noColor: true, "doctor")).Split('\n');
        Assert.All(rows, row => Assert.InRange(row.Length, 0, columns));
        Assert.All(rows[..^1], row => Assert.Matches("^(ok      kernel|note    udev|        )", row));
        Assert.True(rows.Length > 5);
        Ran piped = await ContainerUtil.RunAsync(_served.Socket, "doctor");
        Assert.Equal(Words(piped.Output), Words(string.Join('\n', rows)));

        static string[] Words(string text) => text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    private void Show(BindingStatus binding)
    {
        ImmutableArray<BindingStatus> bindings = [binding];
        _served.Engine.Status = _served.Engine.Status with { Containers = [_served.Engine.Status.Containers[0] with { Bindings = bindings }] };
    }
}
