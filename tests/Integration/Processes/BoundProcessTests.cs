using System.Diagnostics;
using ContainerManager.Linux;

namespace ContainerManager.Tests.Integration.Processes;

/// <summary>A program that we started must not be able to hold us up, whoever's it is.</summary>
public sealed class BoundProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task One_that_ignores_the_signal_is_ended_all_the_same()
    {
        TaskCompletionSource ready = new();
        BoundProcess process = await StartAsync("trap '' TERM; echo ready; while :; do sleep 1000; done", _ => ready.TrySetResult());
        await ready.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await process.StopAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.True(process.Ended.IsCompleted);
        Assert.Equal(128 + 9, process.ExitCode);
    }

    [Fact]
    public async Task One_that_was_stopped_is_ended_all_the_same()
    {
        TaskCompletionSource ready = new();
        BoundProcess process = await StartAsync("echo ready; kill -STOP $$; sleep 1000", _ => ready.TrySetResult());
        await ready.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await process.StopAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.True(process.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_line_without_end_is_cut_off_and_the_next_is_heard()
    {
        List<string> lines = [];
        BoundProcess process = await StartAsync("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last >&2; echo last", lines.Add);
        await process.Ended.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal([OutputLines.Longest, 4], lines.Select(line => line.Length));
    }

    /// <summary>A StreamReader whose own 4096 bytes are filled to the end waits for more, as long as it has given fewer characters than it may.</summary>
    [Fact]
    public async Task A_line_is_heard_when_it_is_written_and_not_when_the_next_one_is()
    {
        TaskCompletionSource<int> heard = new();
        BoundProcess process = await StartAsync("printf '%04093dé\\n' 0; sleep 1000", line => heard.TrySetResult(line.Length));
        Assert.Equal(4094, await heard.Task.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        await process.StopAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_child_of_it_that_keeps_the_pipe_does_not_keep_us()
    {
        BoundProcess process = await StartAsync("sleep 20 & exit 3", null);
        await process.Ended.WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        Assert.Equal(3, process.ExitCode);
    }

    [Fact]
    public async Task What_cannot_be_executed_says_so() =>
        await Assert.ThrowsAsync<IOException>(() => BoundProcess.StartAsync(Info("/nonexistent"), null, null));

    private static Task<BoundProcess> StartAsync(string script, Action<string>? said) => BoundProcess.StartAsync(Info("sh", "-c", script), said, null);

    private static ProcessStartInfo Info(string program, params string[] arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };
}
