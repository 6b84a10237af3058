using System.Diagnostics;
using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>What Podman's own words become; the same for root's engine and a user's.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class DiscoveryTests(PodmanEngineFixture fixture, ITestOutputHelper output) : IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        PodmanEngine[] engines = [fixture.Root, fixture.Rootless];
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            Array.ForEach(engines, engine => output.WriteLine($"--- {engine.Address}\n{engine.Log}"));
        }

        return CleanUp.AllAsync(engines.Select(engine => CleanUp.Of(engine.RemoveAllAsync)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_runs_is_named_before_the_list_is_complete(bool rootless)
    {
        PodmanEngine engine = EngineOf(rootless);
        string id = await engine.RunAsync("web", ["--hostname", "front", "--label", "tier=1"]);
        await engine.CreateContainerAsync("resting");
        await using PodmanBed bed = BedOf(engine);

        await bed.Events.NextAsync(e => e is ListComplete);

        Started started = Assert.Single(bed.Events.All.OfType<Started>());
        Assert.Equal(new ContainerId("podman", rootless ? $"{engine.User!.Id}-{id}" : id), started.Container.Id);
        Assert.Equal(("web", "front", "1"), (started.Container.Name, started.Container.HostName, started.Container.Labels["tier"]));
        Assert.Equal(await engine.ProcessIdAsync("web"), started.Container.ProcessId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_stop_rename_restart_and_removal_are_seen(bool rootless)
    {
        PodmanEngine engine = EngineOf(rootless);
        await using PodmanBed bed = BedOf(engine);
        await bed.Events.NextAsync(e => e is ListComplete);

        await engine.RunAsync("web");
        ContainerDescription started = await bed.NextStartedAsync("web");

        await engine.RenameAsync("web", "site");
        Assert.Equal(started.ProcessId, (await bed.NextStartedAsync("site")).ProcessId);

        await engine.StopAsync("site");
        await bed.Events.NextAsync(e => e is Stopped stopped && stopped.Id == started.Id);

        await engine.StartAsync("site");
        Assert.Equal(await engine.ProcessIdAsync("site"), (await bed.NextStartedAsync("site")).ProcessId);

        int before = await engine.ProcessIdAsync("site");
        await engine.RestartAsync("site");
        await bed.Events.NextAsync(e => e is Started { Container: var c } && c.Id == started.Id && c.ProcessId != before);

        await engine.RemoveAsync("site");
        await bed.Events.NextAsync(e => e is Stopped stopped && stopped.Id == started.Id);
        await bed.Events.NextAsync(e => e is Removed removed && removed.Id == started.Id);
    }

    [Fact]
    public async Task A_container_that_cannot_start_was_never_there()
    {
        await using PodmanBed bed = PodmanBed.On(fixture.Root);
        await bed.Events.NextAsync(e => e is ListComplete);

        CommandResult failed = await fixture.Root.PodmanAsync(
            ["run", "--rm", "--detach", "--name", "broken", "--network", "none", "localhost/busybox:test", "/no/such/program"]);
        Assert.NotEqual(0, failed.ExitCode);
        await fixture.Root.RunAsync("after");

        await bed.NextStartedAsync("after");
        Assert.DoesNotContain(bed.Events.All, e => e is Started { Container.Name: "broken" });
        Assert.DoesNotContain(bed.Events.All, e => e is Stopped);
    }

    [Fact]
    public async Task A_container_that_ends_by_itself_is_seen_to_end()
    {
        await using PodmanBed bed = PodmanBed.On(fixture.Root);
        await bed.Events.NextAsync(e => e is ListComplete);

        using Gate gate = await Gate.MakeAsync();
        await fixture.Root.RunAsync("short", ["--rm", "--volume", gate.Volume], gate.Wait);

        ContainerDescription started = await bed.NextStartedAsync("short");
        await gate.OpenAsync();
        await bed.Events.NextAsync(e => e is Stopped stopped && stopped.Id == started.Id);
        await bed.Events.NextAsync(e => e is Removed removed && removed.Id == started.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_opened_is_the_container_s_process(bool rootless)
    {
        PodmanEngine engine = EngineOf(rootless);
        await engine.RunAsync("web");
        await using PodmanBed bed = BedOf(engine);
        ContainerDescription container = await bed.NextStartedAsync("web");

        using (ContainerEntry entry = await bed.Runtime.OpenAsync(container, TestContext.Current.CancellationToken))
        {
            Assert.Equal(engine.User?.Id ?? 0, entry.UserIds.ToOutside(0));
        }

        // A process that is there, but not the container's: as after the reuse of its id.
        using Process other = Process.Start("sleep", ["1000"]);
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => bed.Runtime.OpenAsync(container with { ProcessId = other.Id }, TestContext.Current.CancellationToken).AsTask());
        other.Kill();
        Assert.Contains("web", refused.Message, StringComparison.Ordinal);
    }

    private PodmanEngine EngineOf(bool rootless) => rootless ? fixture.Rootless : fixture.Root;

    private PodmanBed BedOf(PodmanEngine engine) => engine.User is { } user ? PodmanBed.On(fixture.Root, user) : PodmanBed.On(engine);
}
