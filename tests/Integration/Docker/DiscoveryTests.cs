using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Plugins.Docker;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Docker;

[Collection(nameof(DockerCollection))]
public sealed class DiscoveryTests(DockerEngineFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    private DockerEngine Engine => fixture.Engine;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            output.WriteLine(Engine.Log);
        }

        await Engine.RemoveAllAsync();
    }

    [Fact]
    public async Task What_runs_is_named_before_the_list_is_complete()
    {
        string id = await Engine.RunAsync("web", ["--hostname", "front", "--label", "tier=1"]);
        await Engine.CreateContainerAsync("resting");
        await using EventRecorder<RuntimeEvent> events = Discover(Engine);

        await events.NextAsync(e => e is ListComplete);

        Started started = Assert.Single(events.All.OfType<Started>());
        Assert.Equal(new ContainerId("docker", id), started.Container.Id);
        Assert.Equal(("web", "front", "1"), (started.Container.Name, started.Container.HostName, started.Container.Labels["tier"]));
        Assert.Equal(await Engine.ProcessIdAsync("web"), started.Container.ProcessId);
    }

    [Fact]
    public async Task Start_stop_rename_and_removal_are_seen()
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(Engine);

        string id = await Engine.RunAsync("web");
        Started started = Assert.IsType<Started>((await events.NextAsync(e => e is Started)).Event);
        Assert.Equal((id, "web"), (started.Container.Id.Value, started.Container.Name));

        await Engine.RenameAsync("web", "site");
        Assert.Equal(started.Container.ProcessId, (await NextStartedAsync(events, "site")).ProcessId);

        await Engine.StopAsync("site");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == id);

        await Engine.StartAsync("site");
        Assert.Equal(await Engine.ProcessIdAsync("site"), (await NextStartedAsync(events, "site")).ProcessId);

        await Engine.RemoveAsync("site");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == id);
        await events.NextAsync(e => e is Removed removed && removed.Id.Value == id);
    }

    [Fact]
    public async Task A_restart_is_the_same_container_in_another_process()
    {
        string id = await Engine.RunAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(Engine);
        int before = await Engine.ProcessIdAsync("web");

        await Engine.RestartAsync("web");

        Started again = (Started)(await events.NextAsync(e => e is Started { Container: var c } && c.Id.Value == id && c.ProcessId != before)).Event;
        Assert.Equal(await Engine.ProcessIdAsync("web"), again.Container.ProcessId);
    }

    [Fact]
    public async Task A_container_that_cannot_start_was_never_there()
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(Engine);

        CommandResult failed = await Engine.DockerAsync("run", "--rm", "--detach", "--name", "broken", "--network", "none", "busybox:test", "/no/such/program");
        Assert.NotEqual(0, failed.ExitCode);
        await Engine.RunAsync("after");

        await NextStartedAsync(events, "after");
        Assert.DoesNotContain(events.All, e => e is Started { Container.Name: "broken" });
        Assert.DoesNotContain(events.All, e => e is Stopped);
    }

    [Fact]
    public async Task A_container_that_ends_by_itself_is_seen_to_end()
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(Engine);

        using Gate gate = await Gate.MakeAsync();
        string id = await Engine.RunAsync("short", ["--rm", "--volume", gate.Volume], gate.Wait);

        await NextStartedAsync(events, "short");
        await gate.OpenAsync();
        await events.NextAsync(e => e is Stopped stopped && stopped.Id.Value == id);
        await events.NextAsync(e => e is Removed removed && removed.Id.Value == id);
    }

    [Fact]
    public async Task What_is_opened_is_the_container_s_process()
    {
        await Engine.RunAsync("web");
        TestPluginHost host = HostOf(Engine);
        using DockerRuntime runtime = new(host);
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        ContainerDescription container = await NextStartedAsync(events, "web");

        using (ContainerEntry entry = await runtime.OpenAsync(container, TestContext.Current.CancellationToken))
        {
            Assert.False(entry.Process.IsClosed);
        }

        // A process that is there, but not the container's: as after the reuse of its id.
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => runtime.OpenAsync(container with { ProcessId = Environment.ProcessId }, TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("web", refused.Message, StringComparison.Ordinal);
        Assert.All(host.Opened, entry => Assert.True(entry.Process.IsClosed));
    }

    [Fact]
    public async Task How_long_news_take()
    {
        const int Rounds = 10;
        await Engine.CreateContainerAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(Engine);
        List<double> afterStart = [];
        List<double> afterKill = [];
        for (int round = 0; round < Rounds; round++)
        {
            await Engine.StartAsync("web");
            long returned = Stopwatch.GetTimestamp();
            Recorded<RuntimeEvent> started = await events.NextAsync(e => e is Started);
            afterStart.Add(Milliseconds(returned, started.Timestamp));

            using Process process = Process.GetProcessById(((Started)started.Event).Container.ProcessId);
            process.Kill();
            long killed = Stopwatch.GetTimestamp();
            afterKill.Add(Milliseconds(killed, (await events.NextAsync(e => e is Stopped)).Timestamp));
        }

        output.WriteLine($"Started after 'docker start' returned (negative: before): {Summary(afterStart)}");
        output.WriteLine($"Stopped after SIGKILL: {Summary(afterKill)}");
        Assert.True(afterStart.Order().ElementAt(Rounds / 2) < 1000);
    }

    private static double Milliseconds(long from, long to) => (to - from) * 1000.0 / Stopwatch.Frequency;

    private static string Summary(List<double> values) =>
        $"median {values.Order().ElementAt(values.Count / 2):F1} ms, least {values.Min():F1} ms, most {values.Max():F1} ms";

    internal static TestPluginHost HostOf(params IEnumerable<DockerEngine> engines) =>
        new($$"""{ "sockets": [{{string.Join(',', engines.Select(engine => $"\"{engine.Address}\""))}}] }""");

    internal static EventRecorder<RuntimeEvent> Discover(params IEnumerable<DockerEngine> engines) =>
        new(new DockerRuntime(HostOf(engines)).DiscoverAsync);

    internal static async Task<EventRecorder<RuntimeEvent>> DiscoverListedAsync(params IEnumerable<DockerEngine> engines)
    {
        EventRecorder<RuntimeEvent> events = Discover(engines);
        await events.NextAsync(e => e is ListComplete);
        return events;
    }

    internal static async Task<ContainerDescription> NextStartedAsync(EventRecorder<RuntimeEvent> events, string name) =>
        ((Started)(await events.NextAsync(e => e is Started { Container: var container } && container.Name == name)).Event).Container;
}
