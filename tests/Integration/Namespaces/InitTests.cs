using ContainerManager.Abstractions;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Tests.Integration.Namespaces.NamespacesBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>The first process's duties: start, reap, forward, report.</summary>
public sealed class InitTests : IAsyncDisposable
{
    private readonly NamespacesBed _bed = new();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 42", 42)]
    [InlineData("kill -SEGV $$", 128 + 11)]
    public async Task The_status_is_the_payloads(string script, int status) => Assert.Equal(status, (await _bed.RunAsync(Script(script))).Status);

    [Fact]
    public async Task The_end_of_the_log_comes_with_the_end()
    {
        EndOfRun end = await _bed.RunAsync(Script("seq 1 100000; echo last words >&2; exit 3"));
        Assert.Equal(3, end.Status);
        Assert.EndsWith("100000\nlast words", end.Log, StringComparison.Ordinal);
        Assert.InRange(end.Log.Length, 4000, 4096);
    }

    /// <summary>A service may write for years, and the log is in memory.</summary>
    [Fact]
    public async Task Of_a_long_log_the_end_is_kept()
    {
        const int Written = 50 << 20;
        using RunningInit init = await _bed.LaunchAsync(
            Script($"head -c {Written} /dev/zero; echo; echo last words; touch /tmp/ready; exec sleep 1000"), TestContext.Current.CancellationToken);
        await WhenThereAsync(init.Identity, "/tmp/ready");
        string log = Inside(init.Identity, "/run/payload.log");
        await new GrowingFile(log).UntilAsync(text => text.EndsWith("\nlast words\n", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Assert.True(new FileInfo(log).Length > Written);
        Assert.InRange(long.Parse((await Command.RunAsync("stat", ["--format=%b", log])).OutputOrThrow(), System.Globalization.CultureInfo.InvariantCulture) * 512, 1 << 20, 3 << 20);
        init.Kill();
        await init.WhenEndedAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(1, "HUP")]
    [InlineData(2, "INT")]
    [InlineData(3, "QUIT")]
    [InlineData(10, "USR1")]
    [InlineData(12, "USR2")]
    [InlineData(15, "TERM")]
    [InlineData(18, "CONT")]
    [InlineData(28, "WINCH")]
    public async Task Signals_reach_the_payload(int number, string name)
    {
        using RunningInit init = await _bed.LaunchAsync(
            Script($"trap 'exit 42' {name}; touch /tmp/ready; sleep 1000 & wait"), TestContext.Current.CancellationToken);
        await WhenThereAsync(init.Identity, "/tmp/ready");
        using ContainerEntry entry = _bed.Host.OpenProcess(init.Identity.ProcessId);
        _bed.Host.Signal(entry.Process, number);
        Assert.Equal(42, (await init.WhenEndedAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Orphans_are_reaped() =>
        // A zombie still answers kill -0, which is how tail looks for it.
        await _bed.OutputOfAsync(Script("orphan=$(sh -c 'sleep 0.1 > /dev/null 2>&1 & echo $!'); timeout 20 tail -s 0.05 --pid=$orphan -f /dev/null"));

    [Fact]
    public async Task Processes_left_behind_end_with_the_payload()
    {
        await _bed.OutputOfAsync(Script($"setsid sleep 1000 '{_bed["mark"]}' > /dev/null 2>&1 & exit 0"));
        Assert.Empty(_bed.Processes);
    }

    [Theory]
    [InlineData("no-such-program", "no-such-program: not found in the container's PATH")]
    [InlineData("/no/such/program", "/no/such/program")]
    [InlineData("/etc/passwd", "Permission denied")]
    public async Task A_failed_exec_says_why(string program, string reason)
    {
        IOException failure = await Assert.ThrowsAnyAsync<IOException>(
            () => _bed.LaunchAsync(new LaunchRequest { Name = "box", Command = [program] }, TestContext.Current.CancellationToken));
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_bed.Processes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_launch_that_is_cancelled_leaves_nothing(bool whenItIsThere)
    {
        using CancellationTokenSource cancelled = new();
        if (!whenItIsThere)
        {
            await cancelled.CancelAsync();
        }

        RunningInit? there = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bed.Launcher.LaunchAsync(
            Script("exec sleep 1000"),
            init =>
            {
                there = init;
                return cancelled.CancelAsync();
            },
            cancelled.Token));
        there?.Dispose();
        Assert.Equal(whenItIsThere, there is not null);
        Assert.Empty(_bed.Processes);
    }

    [Fact]
    public async Task It_refuses_to_be_anything_but_process_1()
    {
        CommandResult result = await Command.RunAsync(Client, ["init", "--name", "x", "--host-usr", "--", "true"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("process 1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_starts_in_an_empty_root()
    {
        string root = Directory.CreateDirectory(_bed["empty"]).FullName;
        File.Copy(Client, Path.Combine(root, "client"));
        Assert.StartsWith("client 0.", (await Command.RunAsync("chroot", [root, "/client", "--version"])).OutputOrThrow(), StringComparison.Ordinal);
        CommandResult plain = await Command.RunAsync("chroot", [root, "/client"]);
        Assert.True(plain.ExitCode == 1 && plain.Error.Contains("there is no /yacc", StringComparison.Ordinal), plain.ToString());
        Assert.InRange(new FileInfo(Client).Length, 1, 3 << 20);
    }
}
