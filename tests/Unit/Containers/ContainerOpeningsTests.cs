using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Host.Containers;
using ContainerManager.Tests.Unit.Plugins;

namespace ContainerManager.Tests.Unit.Containers;

/// <summary>One container that cannot be opened, or not yet, is nobody else's trouble.</summary>
public sealed class ContainerOpeningsTests : IOpeningSink, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
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
        _runtime.Answer("web", Entry());
        Assert.Equal("opened web", await NextAsync());
        Assert.False(_openings.WhenTriedAsync().IsCompleted);
    }

    [Fact]
    public async Task One_that_could_not_be_opened_is_tried_again_and_told_once()
    {
        _openings.Begin(Container("web"));
        _runtime.Fail("web", "not yet");
        Assert.Equal("unreachable web: not yet", await NextAsync());
        await _openings.WhenTriedAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken);

        await _runtime.WhenAskedAsync("web", () => _clock.Pass(TimeSpan.FromSeconds(1)));
        _runtime.Fail("web", "not yet");
        await _runtime.WhenAskedAsync("web", () => _clock.Pass(TimeSpan.FromSeconds(1)));
        _runtime.Answer("web", Entry());
        Assert.Equal("opened web", await NextAsync());
    }

    [Fact]
    public async Task What_comes_after_its_end_is_closed_and_not_told()
    {
        _openings.Begin(Container("web"));
        await _runtime.WhenAskedAsync("web");
        _openings.Cancel(Container("web").Id);
        ContainerEntry late = Entry();
        _runtime.Answer("web", late);
        await _runtime.WhenClosedAsync(late);
        Assert.False(_told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task What_was_said_last_is_what_is_opened()
    {
        _openings.Begin(Container("web"));
        await _runtime.WhenAskedAsync("web");
        _openings.Begin(Container("web", processId: 2));
        await _runtime.WhenAskedAsync("web");
        _runtime.Answer("web", Entry());
        Assert.Equal("opened web", await NextAsync());
        Assert.Equal(2, _runtime.LastProcessId);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    bool IOpeningSink.Opened(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken)
    {
        entry.Dispose();
        return !cancellationToken.IsCancellationRequested && _told.Writer.TryWrite($"opened {container.Name}");
    }

    void IOpeningSink.Unreachable(ContainerDescription container, string reason, CancellationToken cancellationToken) =>
        _told.Writer.TryWrite($"unreachable {container.Name}: {reason}");

    private Task<string> NextAsync() => _told.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline);

    private static ContainerDescription Container(string name, int processId = 1) =>
        new() { Id = new ContainerId("test", name), Name = name, ProcessId = processId };

    private static ContainerEntry Entry() => new()
    {
        Process = File.OpenHandle("/dev/null"),
        MountNamespace = File.OpenHandle("/dev/null"),
        Root = File.OpenHandle("/dev/null"),
        UserIds = new IdMap([]),
        GroupIds = new IdMap([]),
        Cgroups = new Dictionary<string, string>(),
    };

    /// <summary>Answers when the test says so.</summary>
    private sealed class ScriptedRuntime : IContainerRuntime
    {
        private readonly Dictionary<string, Channel<TaskCompletionSource<ContainerEntry>>> _asked = [];
        private TaskCompletionSource<ContainerEntry>? _current;

        internal int LastProcessId { get; private set; }

        public string Name => "test";

        public IAsyncEnumerable<RuntimeEvent> DiscoverAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
        {
            TaskCompletionSource<ContainerEntry> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            LastProcessId = container.ProcessId;
            await Asked(container.Name).Writer.WriteAsync(answer, CancellationToken.None);
            return await answer.Task;
        }

        /// <summary>Waits for the next question; does something again and again until it comes.</summary>
        internal async Task WhenAskedAsync(string name, Action? meanwhile = null)
        {
            Task<TaskCompletionSource<ContainerEntry>> next = Asked(name).Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            using CancellationTokenSource limit = new(Deadline);
            while (meanwhile is not null && !next.IsCompleted)
            {
                limit.Token.ThrowIfCancellationRequested();
                meanwhile();
                await Task.Yield();
            }

            _current = await next.WaitAsync(Deadline);
        }

        internal void Answer(string name, ContainerEntry entry) => Take(name).SetResult(entry);

        internal void Fail(string name, string reason) => Take(name).SetException(new IOException(reason));

        internal async Task WhenClosedAsync(ContainerEntry entry)
        {
            using CancellationTokenSource limit = new(Deadline);
            while (!entry.Process.IsClosed)
            {
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        private TaskCompletionSource<ContainerEntry> Take(string name)
        {
            TaskCompletionSource<ContainerEntry> answer = _current ?? Asked(name).Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Result;
            _current = null;
            return answer;
        }

        private Channel<TaskCompletionSource<ContainerEntry>> Asked(string name)
        {
            lock (_asked)
            {
                return _asked.TryGetValue(name, out var channel) ? channel : _asked[name] = Channel.CreateUnbounded<TaskCompletionSource<ContainerEntry>>();
            }
        }
    }
}
