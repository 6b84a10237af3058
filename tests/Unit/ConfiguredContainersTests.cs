using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Tests.Unit;

public sealed class ConfiguredContainersTests
{
    private readonly HashSet<string> _running = [];
    private readonly List<string> _warnings = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatDoesNotRunIsStarted()
    {
        _running.Add("runs");
        Assert.Equal("one, two", await StartedByAsync(New("runs", "one", "two")));
    }

    /// <summary>One that was stopped by request stays so.</summary>
    [Fact]
    public async Task EachIsStartedOnce()
    {
        ConfiguredContainers configured = New("one");
        Assert.Equal("one", await StartedByAsync(configured));
        Assert.Equal("", await StartedByAsync(configured));
        configured.Configure(Rules("one", "two"));
        Assert.Equal("two", await StartedByAsync(configured));
    }

    [Fact]
    public async Task WhatComesBackIntoTheConfigurationIsStartedAgain()
    {
        ConfiguredContainers configured = New("one");
        await StartedByAsync(configured);
        configured.Configure(Rules());
        Assert.Equal("", await StartedByAsync(configured));
        configured.Configure(Rules("one"));
        Assert.Equal("one", await StartedByAsync(configured));
    }

    [Fact]
    public async Task WhatComesWhileNothingStartsContainersIsStartedLater()
    {
        ConfiguredContainers configured = New();
        configured.Configure(Rules("one"));
        Assert.True(configured.AnyMissing);
        configured.Configure(Rules("two"));
        Assert.Equal("two", await StartedByAsync(configured));
        Assert.False(configured.AnyMissing);
    }

    [Fact]
    public async Task OneThatCannotBeStartedKeepsNobodyFromIt()
    {
        ConfiguredContainers configured = New("bad", "good");
        ScriptedLauncher launcher = new();
        Task all = configured.StartAsync(launcher, Token);
        await launcher.FinishAsync("bad", new IOException("no luck"));
        await launcher.FinishAsync("good");
        await all;
        Assert.Equal(["bad was not started: no luck"], _warnings);
        Assert.Equal("", await StartedByAsync(configured));
    }

    [Fact]
    public async Task OneWhoseStartTakesLongKeepsNobodyFromIt()
    {
        ConfiguredContainers configured = New("slow");
        ScriptedLauncher launcher = new();
        Task first = configured.StartAsync(launcher, Token);
        await launcher.AskedAsync("slow");
        configured.Configure(Rules("slow", "new"));
        Assert.Equal("new", await StartedByAsync(configured));
        Assert.False(first.IsCompleted);
        await launcher.FinishAsync("slow");
        await first;
    }

    /// <summary>Whatever the old copy says of it, and whatever the configuration says meanwhile.</summary>
    [Fact]
    public async Task WhatWasNotStartedWhenThePluginWentIsStartedByTheNext()
    {
        ConfiguredContainers configured = New("done", "fails", "waits", "leaves");
        ScriptedLauncher launcher = new() { FailsWhenCancelled = "fails" };
        using CancellationTokenSource unloading = new();
        Task all = configured.StartAsync(launcher, unloading.Token);
        await launcher.FinishAsync("done");
        await launcher.AskedAsync("fails");
        await launcher.AskedAsync("waits");
        await launcher.AskedAsync("leaves");
        configured.Configure(Rules("done", "fails", "waits", "comes"));
        await unloading.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
        Assert.Equal("comes, fails, waits", await StartedByAsync(configured));
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task NothingIsLostWithAPluginThatEndsAtOnce()
    {
        ConfiguredContainers configured = New("one", "two");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => configured.StartAsync(new ScriptedLauncher(), new CancellationToken(canceled: true)));
        Assert.Equal("one, two", await StartedByAsync(configured));
    }

    private static ImmutableArray<ContainerRules> Rules(params string[] names) => [.. names.Select(name =>
        new ContainerRules(new ContainerKey(name), [], new UdevRules(false, []), new LaunchRequest { Name = name, Command = ["true"] }))];

    private ConfiguredContainers New(params string[] names) => new(Rules(names), () => _running, _warnings.Add);

    /// <summary>The names of those that it has this launcher start, which starts each.</summary>
    private static async Task<string> StartedByAsync(ConfiguredContainers configured)
    {
        ScriptedLauncher launcher = new() { Obliging = true };
        await configured.StartAsync(launcher, Token);
        return string.Join(", ", launcher.Asked.Order(StringComparer.Ordinal));
    }

    /// <summary>Ends a start when the test wants it, or when it is cancelled.</summary>
    private sealed class ScriptedLauncher : IContainerLauncher
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, (TaskCompletionSource Asked, TaskCompletionSource Done)> _launches = [];

        /// <summary>Starts each at once.</summary>
        internal bool Obliging { get; init; }

        /// <summary>For this one it throws something of its own when the launch is cancelled.</summary>
        internal string? FailsWhenCancelled { get; init; }

        internal IEnumerable<string> Asked => _launches.Where(launch => launch.Value.Asked.Task.IsCompleted).Select(launch => launch.Key);

        public async Task<ContainerDescription> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
        {
            (TaskCompletionSource asked, TaskCompletionSource done) = Launch(request.Name);
            asked.SetResult();
            try
            {
                await (Obliging ? Task.CompletedTask : done.Task.WaitAsync(cancellationToken));
            }
            catch (OperationCanceledException) when (request.Name == FailsWhenCancelled)
            {
                throw new IOException("the plugin was unloaded");
            }

            return new ContainerDescription { Id = new ContainerId("test", request.Name), Name = request.Name, ProcessId = 1 };
        }

        public Task StopAsync(string name, TimeSpan grace, CancellationToken cancellationToken) => throw new NotSupportedException();

        internal Task AskedAsync(string name) => Launch(name).Asked.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);

        internal async Task FinishAsync(string name, Exception? failure = null)
        {
            await AskedAsync(name);
            if (failure is null)
            {
                Launch(name).Done.SetResult();
            }
            else
            {
                Launch(name).Done.SetException(failure);
            }
        }

        private (TaskCompletionSource Asked, TaskCompletionSource Done) Launch(string name)
        {
            lock (_lock)
            {
                if (!_launches.TryGetValue(name, out (TaskCompletionSource, TaskCompletionSource) launch))
                {
                    launch = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
                    _launches.Add(name, launch);
                }

                return launch;
            }
        }
    }
}
