using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;
using static ContainerManager.Tests.Integration.Docker.DiscoveryTests;

namespace ContainerManager.Tests.Integration.Docker;

/// <summary>Engines that come, go and come back. Each test has its own.</summary>
[Collection(nameof(DockerCollection))]
public sealed class EngineOutageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly List<DockerEngine> _engines = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            _engines.ForEach(engine => output.WriteLine($"--- {engine.Address}\n{engine.Log}"));
        }

        return CleanUp.AllAsync(_engines.Select(engine => CleanUp.Of(engine)));
    }

    [Fact]
    public async Task Containers_that_ended_with_the_engine_have_stopped_when_it_is_back()
    {
        DockerEngine engine = await StartAsync();
        string id = await engine.RunAsync("web");
        await engine.RunAsync("steady", ["--restart", "always"]);
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(engine);

        await engine.RestartEngineAsync();

        await events.NextAsync(e => e is Trouble { Reason: null });
        await engine.RunAsync("after");
        ContainerDescription after = await NextStartedAsync(events, "after");
        Assert.Equal(await engine.ProcessIdAsync("after"), after.ProcessId);
        Assert.Contains(events.All, e => e is Stopped stopped && stopped.Id.Value == id);
        Assert.Equal(await engine.ProcessIdAsync("steady"), events.All.OfType<Started>().Last(e => e.Container.Name == "steady").Container.ProcessId);
        Assert.Single(events.All.OfType<ListComplete>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Containers_that_live_on_without_the_engine_are_not_reported_again(bool killed)
    {
        DockerEngine engine = await StartAsync(liveRestore: true);
        await engine.RunAsync("lasting");
        string goneId = await engine.RunAsync("ending");
        using Process ending = Process.GetProcessById(await engine.ProcessIdAsync("ending"));
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(engine);

        await (killed ? engine.KillEngineAsync() : engine.StopEngineAsync());
        Trouble trouble = (Trouble)(await events.NextAsync(e => e is Trouble)).Event;
        Assert.Equal(engine.Address, trouble.Source);
        ending.Kill();
        Assert.DoesNotContain(events.All, e => e is Stopped);
        await engine.StartEngineAsync();

        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == goneId);
        await events.NextAsync(e => e is Trouble { Reason: null });
        Assert.Single(events.All.OfType<Started>(), e => e.Container.Name == "lasting");
        Assert.Single(events.All.OfType<Stopped>());
    }

    [Fact]
    public async Task A_container_removed_while_nobody_listened_is_removed()
    {
        DockerEngine engine = await StartAsync(liveRestore: true);
        string id = await engine.RunAsync("web", ["--rm"]);
        using Process process = Process.GetProcessById(await engine.ProcessIdAsync("web"));
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(engine);

        await engine.StopEngineAsync();
        process.Kill();
        await engine.StartEngineAsync();

        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == id);
        await events.NextAsync(e => e is Removed removed && removed.Id.Value == id);
    }

    [Fact]
    public async Task An_engine_that_is_not_there_yet_is_found_when_it_starts()
    {
        DockerEngine engine = Create();
        await using EventRecorder<RuntimeEvent> events = Discover(engine);
        Trouble trouble = (Trouble)(await events.NextAsync(e => e is Trouble)).Event;
        Assert.Contains("no such socket", trouble.Reason, StringComparison.Ordinal);
        Assert.True(trouble.Absent);

        await engine.StartEngineAsync();
        await engine.RunAsync("web");

        await events.NextAsync(e => e is Trouble { Reason: null });
        await events.NextAsync(e => e is ListComplete);
        await NextStartedAsync(events, "web");
    }

    [Fact]
    public async Task Two_engines_come_out_in_one_stream_and_one_that_is_down_hides_nothing()
    {
        DockerEngine first = await StartAsync();
        DockerEngine second = Create();
        string firstId = await first.RunAsync("web");
        await using EventRecorder<RuntimeEvent> events = Discover(first, second);

        Assert.Equal(firstId, (await NextStartedAsync(events, "web")).Id.Value);
        await events.AnyAsync(e => e is Trouble trouble && trouble.Source == second.Address);
        await first.RunAsync("more");
        await NextStartedAsync(events, "more");
        Assert.DoesNotContain(events.All, e => e is ListComplete);

        await second.StartEngineAsync();
        await events.NextAsync(e => e is ListComplete);
        string secondId = await second.RunAsync("web");
        Assert.Equal(secondId, (await NextStartedAsync(events, "web")).Id.Value);

        await first.StopEngineAsync();
        await events.NextAsync(e => e is Trouble { Reason: not null } trouble && trouble.Source == first.Address);
        await second.StopAsync("web");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == secondId);
    }

    private async Task<DockerEngine> StartAsync(bool liveRestore = false)
    {
        DockerEngine engine = Create(liveRestore);
        await engine.StartEngineAsync();
        return engine;
    }

    private DockerEngine Create(bool liveRestore = false)
    {
        DockerEngine engine = DockerEngine.Create(liveRestore);
        _engines.Add(engine);
        return engine;
    }
}
