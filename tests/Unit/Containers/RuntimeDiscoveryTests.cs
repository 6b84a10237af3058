using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.State;
using static ContainerManager.Tests.Unit.Containers.ScriptedRuntime;

namespace ContainerManager.Tests.Unit.Containers;

/// <summary>What a runtime says becomes events: in order for each container, and only while it is listened to.</summary>
public sealed class RuntimeDiscoveryTests : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cm-discovery.");
    private readonly Channel<HostEvent> _posted = Channel.CreateUnbounded<HostEvent>();
    private readonly Channel<DiscoveryStatus> _statuses = Channel.CreateUnbounded<DiscoveryStatus>();
    private readonly SetClock _clock = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ScriptedRuntime _runtime = new();
    private readonly Journal _journal;
    private readonly RuntimeDiscovery _discovery;
    private readonly Task _following;

    public RuntimeDiscoveryTests()
    {
        _journal = Journal.Open(_directory.FullName, out _);
        _discovery = new RuntimeDiscovery("test", _journal, e => _posted.Writer.TryWrite(e), status => _statuses.Writer.TryWrite(status), _clock);
        _following = _discovery.RunAsync(_runtime, _ => { }, _ending.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _journal.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_list_is_complete_when_each_was_opened_or_could_not_be()
    {
        Task listed = _discovery.WhenListedAsync(TestContext.Current.CancellationToken);
        _runtime.Say(Started("hangs"), Started("fails"), Started("web"), new RuntimeEvent.ListComplete());
        (await _runtime.AskedAsync("web")).Open();
        Assert.Equal("web", (await NextAsync<HostEvent.ContainerStarted>()).Container.Name);
        (await _runtime.AskedAsync("fails")).Fail("not yet");
        Assert.Equal("fails", (await NextAsync<HostEvent.ContainerUnreachable>()).Container.Name);
        await StatusAsync(DiscoveryState.Listening);
        Assert.False(listed.IsCompleted);

        await _runtime.AskedAsync("hangs");
        _clock.Pass(ContainerOpener.Limit);
        await listed.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal("hangs", (await NextAsync<HostEvent.ContainerUnreachable>()).Container.Name);
    }

    [Fact]
    public async Task What_breaks_off_before_all_was_opened_was_no_complete_list()
    {
        Task listed = _discovery.WhenListedAsync(TestContext.Current.CancellationToken);
        _runtime.Say(Started("web"), new RuntimeEvent.ListComplete());
        Question first = await _runtime.AskedAsync("web");
        await StatusAsync(DiscoveryState.Listening);
        _runtime.Break("gone");
        await StatusAsync(DiscoveryState.Failed);
        await first.OpenInVainAsync();
        Assert.False(listed.IsCompleted);

        await _clock.WhenWaitedForAsync(Backoff.FirstDelay, Deadline);
        _clock.Pass(Backoff.FirstDelay);
        _runtime.Say(Started("web"), new RuntimeEvent.ListComplete());
        (await _runtime.AskedAsync("web")).Open();
        await listed.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await NextAsync<HostEvent.ContainerStarted>();
    }

    [Fact]
    public async Task One_that_stops_while_it_is_opened_has_not_started()
    {
        _runtime.Say(Started("web"));
        Question question = await _runtime.AskedAsync("web");
        _runtime.Say(new RuntimeEvent.Stopped(Container("web").Id));
        await NextAsync<HostEvent.ContainerStopped>();
        await question.OpenInVainAsync();
        Assert.False(_posted.Reader.TryRead(out _));
        Assert.Equal(0, _discovery.Count);
    }

    /// <summary>What was said in between does not hold any more, and must not be opened over what is open.</summary>
    [Fact]
    public async Task One_that_is_said_to_be_what_it_was_stays_what_it_is()
    {
        _runtime.Say(Started("web"));
        (await _runtime.AskedAsync("web")).Open();
        await NextAsync<HostEvent.ContainerStarted>();
        _runtime.Say(Started("web", processId: 2));
        Question other = await _runtime.AskedAsync("web");
        _runtime.Say(Started("web"), new RuntimeEvent.ListComplete());
        await StatusAsync(DiscoveryState.Listening);
        await other.OpenInVainAsync();
        Assert.False(_posted.Reader.TryRead(out _));
    }

    [Fact]
    public async Task An_unreachable_one_is_tried_again_until_it_is_open()
    {
        _runtime.Say(Started("web"), new RuntimeEvent.ListComplete());
        (await _runtime.AskedAsync("web")).Fail("not yet");
        await NextAsync<HostEvent.ContainerUnreachable>();
        await _clock.WhenWaitedForAsync(Backoff.FirstDelay, Deadline);
        _clock.Pass(Backoff.FirstDelay);
        (await _runtime.AskedAsync("web")).Open();
        await NextAsync<HostEvent.ContainerStarted>();
        Assert.Equal(1, _discovery.Count);
    }

    [Fact]
    public async Task What_a_copy_opens_after_its_end_is_closed_and_not_told()
    {
        _runtime.Say(Started("web"), new RuntimeEvent.ListComplete());
        Question question = await _runtime.AskedAsync("web");
        await _ending.CancelAsync();
        await question.OpenInVainAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _following.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.False(_posted.Reader.TryRead(out _));
    }

    /// <summary>That a copy has ended is heard of after what it does itself then, which may hang; the next copy has taken over meanwhile.</summary>
    [Fact]
    public async Task The_end_of_a_copy_that_hung_says_nothing_of_its_successor()
    {
        using HangsAtItsEnd hangs = new(hearsOfItsEnd: false);
        using CancellationTokenSource ending = new();
        Task first = _discovery.RunAsync(hangs, _ => { }, ending.Token);
        Task cancelling = Task.Run(ending.Cancel, TestContext.Current.CancellationToken);
        hangs.UntilItHangs();
        using CancellationTokenSource endingNext = new();
        ScriptedRuntime next = new();
        Task second = _discovery.RunAsync(next, _ => { }, endingNext.Token);
        next.Say(new RuntimeEvent.ListComplete());
        await StatusAsync(DiscoveryState.Listening);

        hangs.Release();
        await cancelling.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(DiscoveryState.Listening, _discovery.Status.State);
        await endingNext.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(DiscoveryState.Waiting, _discovery.Status.State);
    }

    [Fact]
    public async Task A_copy_that_ends_while_something_of_it_hangs_is_not_listened_to()
    {
        using HangsAtItsEnd hangs = new(hearsOfItsEnd: true);
        using CancellationTokenSource ending = new();
        Task copy = _discovery.RunAsync(hangs, _ => { }, ending.Token);
        Task cancelling = Task.Run(ending.Cancel, TestContext.Current.CancellationToken);
        hangs.UntilItHangs();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(DiscoveryState.Waiting, _discovery.Status.State);
        hangs.Release();
        await cancelling.WaitAsync(Deadline, TestContext.Current.CancellationToken);
    }

    private static RuntimeEvent.Started Started(string name, int processId = 1) => new(Container(name, processId));

    private async Task<T> NextAsync<T>()
        where T : HostEvent
        => Assert.IsType<T>(await _posted.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline));

    private async Task StatusAsync(DiscoveryState state)
    {
        using CancellationTokenSource limit = new(Deadline);
        while ((await _statuses.Reader.ReadAsync(limit.Token)).State != state)
        {
        }
    }
}
