using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Events;
using static ContainerManager.Tests.Unit.Containers.ScriptedRuntime;

namespace ContainerManager.Tests.Unit.Containers;

/// <summary>One container that cannot be opened, or not yet, is nobody else's trouble.</summary>
public sealed class ContainerOpeningsTests : IOpeningSink, IDisposable
{
    private readonly Channel<string> _told = Channel.CreateUnbounded<string>();
    private readonly SetClock _clock = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ScriptedRuntime _runtime = new();
    private readonly ContainerOpenings _openings;

    public ContainerOpeningsTests() => _openings = new ContainerOpenings(_runtime, this, _clock, _ending.Token);

    [Fact]
    public async Task One_that_hangs_holds_up_no_other()
    {
        _openings.Begin(Container("hangs"));
        _openings.Begin(Container("web"));
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("opened web 1", await NextAsync());
        Assert.False(_openings.WhenTriedAsync().IsCompleted);
    }

    [Fact]
    public async Task One_that_hangs_is_unreachable_in_the_end_and_tried_again()
    {
        _openings.Begin(Container("web"));
        Question hangs = await _runtime.AskedAsync("web");
        _clock.Pass(ContainerOpener.Limit);
        Assert.StartsWith("unreachable web: its plugin did not open it", await NextAsync(), StringComparison.Ordinal);
        await PassAsync(Backoff.FirstDelay);
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("opened web 1", await NextAsync());
        await hangs.OpenInVainAsync();
    }

    [Fact]
    public async Task One_that_could_not_be_opened_is_tried_again_ever_more_rarely_and_told_once()
    {
        _openings.Begin(Container("web"));
        (await _runtime.AskedAsync("web")).Fail("not yet");
        Assert.Equal("unreachable web: not yet", await NextAsync());
        await _openings.WhenTriedAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        for (TimeSpan delay = Backoff.FirstDelay; delay < Backoff.LongestDelay; delay *= 2)
        {
            await PassAsync(delay);
            (await _runtime.AskedAsync("web")).Fail("not yet");
        }

        await PassAsync(Backoff.LongestDelay);
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("opened web 1", await NextAsync());
    }

    [Fact]
    public async Task What_comes_after_its_end_is_closed_and_not_told()
    {
        _openings.Begin(Container("web"));
        Question question = await _runtime.AskedAsync("web");
        _openings.Cancel(Container("web").Id);
        await question.OpenInVainAsync();
        Assert.False(_told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task One_that_stopped_is_not_tried_again()
    {
        _openings.Begin(Container("web"));
        (await _runtime.AskedAsync("web")).Fail("not yet");
        await NextAsync();
        await _clock.WhenWaitedForAsync(Backoff.FirstDelay, Deadline);
        _openings.Cancel(Container("web").Id);
        await _openings.WhenEndedAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        _clock.Pass(Backoff.LongestDelay);
        Assert.False(_runtime.IsAsked("web"));
    }

    [Fact]
    public async Task What_was_said_last_is_what_is_opened()
    {
        _openings.Begin(Container("web"));
        Question first = await _runtime.AskedAsync("web");
        _openings.Begin(Container("web", processId: 2));
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("opened web 2", await NextAsync());
        await first.OpenInVainAsync();
        Assert.False(_told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task One_that_starts_again_at_once_is_opened_again()
    {
        _openings.Begin(Container("web"));
        Question first = await _runtime.AskedAsync("web");
        _openings.Cancel(Container("web").Id);
        _openings.Begin(Container("web"));
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("opened web 1", await NextAsync());
        await first.OpenInVainAsync();
    }

    /// <summary>Whatever a plugin answers then: the end of a stream must not throw it.</summary>
    [Fact]
    public async Task At_the_end_nothing_is_under_way_and_nothing_thrown()
    {
        _openings.Begin(Container("web"));
        Question question = await _runtime.AskedAsync("web");
        Task ended = _openings.WhenEndedAsync();
        Assert.False(ended.IsCompleted);
        await _ending.CancelAsync();
        await ended.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        question.Fail("too late");
        Assert.False(_told.Reader.TryRead(out _));
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    bool IOpeningSink.Opened(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken)
    {
        entry.Dispose();
        return !cancellationToken.IsCancellationRequested && _told.Writer.TryWrite($"opened {container.Name} {container.ProcessId}");
    }

    void IOpeningSink.Unreachable(ContainerDescription container, string reason, CancellationToken cancellationToken) =>
        _told.Writer.TryWrite($"unreachable {container.Name}: {reason}");

    /// <summary>Not before somebody waits for it.</summary>
    private async Task PassAsync(TimeSpan delay)
    {
        await _clock.WhenWaitedForAsync(delay, Deadline);
        _clock.Pass(delay);
    }

    private Task<string> NextAsync() => _told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline);
}
