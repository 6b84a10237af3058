using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.Tests.Unit.Containers;

/// <summary>A runtime that says and answers what the test wants, when the test wants it.</summary>
internal sealed class ScriptedRuntime : IContainerRuntime
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Channel<Question>> _asked = [];
    private Channel<RuntimeEvent> _stream = Channel.CreateUnbounded<RuntimeEvent>();

    public string Name => "test";

    public IAsyncEnumerable<RuntimeEvent> DiscoverAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _stream.Reader.ReadAllAsync(cancellationToken);
        }
    }

    public async ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken)
    {
        Question question = new(container);
        await Asked(container.Name).Writer.WriteAsync(question, CancellationToken.None);
        return await question.Answer.Task;
    }

    internal static ContainerDescription Container(string name, int processId = 1) =>
        new() { Id = new ContainerId("test", name), Name = name, ProcessId = processId };

    internal static ContainerEntry NewEntry() => new()
    {
        Process = File.OpenHandle("/dev/null"),
        MountNamespace = File.OpenHandle("/dev/null"),
        Root = File.OpenHandle("/dev/null"),
        UserIds = new IdMap([]),
        GroupIds = new IdMap([]),
        Cgroups = new Dictionary<string, string>(),
    };

    internal void Say(params RuntimeEvent[] events)
    {
        lock (_lock)
        {
            Assert.All(events, e => Assert.True(_stream.Writer.TryWrite(e)));
        }
    }

    /// <summary>The stream breaks; the next one says what is said from now on.</summary>
    internal void Break(string reason)
    {
        lock (_lock)
        {
            Channel<RuntimeEvent> broken = _stream;
            _stream = Channel.CreateUnbounded<RuntimeEvent>();
            broken.Writer.Complete(new IOException(reason));
        }
    }

    /// <summary>Waits until it is asked to open a container; answers when the test does.</summary>
    internal Task<Question> AskedAsync(string name) => Asked(name).Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline);

    internal bool IsAsked(string name) => Asked(name).Reader.TryPeek(out _);

    private Channel<Question> Asked(string name)
    {
        lock (_lock)
        {
            return _asked.TryGetValue(name, out var channel) ? channel : _asked[name] = Channel.CreateUnbounded<Question>();
        }
    }

    internal sealed record Question(ContainerDescription Container)
    {
        internal TaskCompletionSource<ContainerEntry> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Open() => Answer.SetResult(NewEntry());

        internal void Fail(string reason) => Answer.SetException(new IOException(reason));

        /// <summary>It comes too late: waits until it is closed.</summary>
        internal async Task OpenInVainAsync()
        {
            ContainerEntry late = NewEntry();
            Answer.SetResult(late);
            using CancellationTokenSource limit = new(Deadline);
            while (!late.Process.IsClosed)
            {
                limit.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }
}
