using ContainerManager.Abstractions;
using ContainerManager.Plugins.Lxc;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Lxc;

/// <summary>What happens to containers, as the plugin tells it.</summary>
public sealed class DiscoveryTests : IAsyncDisposable
{
    private readonly LxcBed _bed = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_runs_is_named_before_the_list_is_complete(bool unprivileged)
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web", unprivileged);
        await _bed.MakeAsync("resting");
        await using EventRecorder<RuntimeEvent> events = new(_bed.NewRuntime().DiscoverAsync);

        await events.NextAsync(e => e is ListComplete);

        Assert.Equal(web with { }, Normal(Assert.Single(events.All.OfType<Started>(), IsOurs).Container, web));
    }

    [Fact]
    public async Task Start_stop_and_restart_are_seen()
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();

        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        Assert.Equal(web with { }, Normal(await NextStartedAsync(events, "web"), web));

        await _bed.KillAsync("web");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id == web.Id);

        await _bed.StartAsync("web");
        ContainerDescription again = await NextStartedAsync(events, "web");
        Assert.Equal(await _bed.ProcessIdAsync("web"), again.ProcessId);
        Assert.NotEqual(web.ProcessId, again.ProcessId);
        Assert.Equal(web.Id, again.Id);
    }

    [Fact]
    public async Task One_that_reboots_itself_is_the_same_container_in_another_process()
    {
        await _bed.MakeAsync("web", init: "trap 'reboot -f' INT; while :; do sleep 1000000 & wait; done");
        await _bed.StartAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();
        ContainerDescription before = ((Started)(await events.AnyAsync(e => e is Started { Container.Name: "web" })).Event).Container;

        await _bed.DoAsync("lxc-stop", "web", "--reboot");

        Started again = (Started)(await events.NextAsync(e => e is Started { Container: var c } && c.Id == before.Id && c.ProcessId != before.ProcessId)).Event;
        Assert.Equal(await _bed.ProcessIdAsync("web"), again.Container.ProcessId);
    }

    [Fact]
    public async Task A_frozen_container_runs()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        await using (EventRecorder<RuntimeEvent> events = await DiscoverListedAsync())
        {
            await _bed.DoAsync("lxc-freeze", "web");
            await _bed.MakeAndStartAsync("after");
            await NextStartedAsync(events, "after");
            Assert.DoesNotContain(events.All, e => e is Stopped);
        }

        // Nor does it make a difference to a server that starts while it is frozen.
        await using EventRecorder<RuntimeEvent> later = await DiscoverListedAsync();
        Assert.Equal(web.ProcessId, Assert.Single(later.All.OfType<Started>(), e => e.Container.Id == web.Id).Container.ProcessId);
        await _bed.DoAsync("lxc-unfreeze", "web");
        await _bed.KillAsync("web");
        await later.NextAsync(e => e is Stopped stopped && stopped.Id == web.Id);
        Assert.Single(later.All.OfType<Started>(), e => e.Container.Id == web.Id);
    }

    [Fact]
    public async Task One_that_is_renamed_is_another_and_the_old_one_is_gone()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();

        await _bed.KillAsync("web");
        await _bed.DoAsync("lxc-copy", "web", "--rename", "--newname=site");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id == web.Id);
        await events.NextAsync(e => e is Removed removed && removed.Id == web.Id);
        await _bed.StartAsync("site");
        Assert.Equal($"{_bed.Lxcpath}/site", (await NextStartedAsync(events, "site")).Id.Value);
        await _bed.KillAsync("site");
    }

    [Fact]
    public async Task One_that_is_destroyed_is_removed()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();

        await _bed.DoAsync("lxc-destroy", "web", "--force");

        await events.NextAsync(e => e is Stopped stopped && stopped.Id == web.Id);
        await events.NextAsync(e => e is Removed removed && removed.Id == web.Id);
        Assert.All(events.All.OfType<Removed>(), removed => Assert.Equal(web.Id, removed.Id));
    }

    [Fact]
    public async Task One_that_cannot_start_was_never_there()
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();
        await _bed.MakeAsync("broken");
        Directory.Delete(Path.Combine(_bed.Lxcpath, "broken/rootfs"), recursive: true);

        await Assert.ThrowsAnyAsync<Exception>(() => _bed.StartAsync("broken"));
        await _bed.MakeAndStartAsync("after");

        await NextStartedAsync(events, "after");
        Assert.DoesNotContain(events.All, e => e is Started { Container.Name: "broken" } or Stopped or Removed);
    }

    [Fact]
    public async Task Two_lxcpaths_may_have_containers_of_one_name()
    {
        Directory.CreateDirectory(_bed["other"]);
        ContainerDescription first = await _bed.MakeAndStartAsync("web");
        await using EventRecorder<RuntimeEvent> events = new(_bed.NewRuntime(_bed.Lxcpath, _bed["other"]).DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);

        ContainerDescription second = await _bed.MakeAndStartAsync("web", _bed["other"]);
        Assert.Equal(second.Id, (await NextStartedAsync(events, "web")).Id);
        await _bed.KillAsync("web");
        await events.NextAsync(e => e is Stopped stopped && stopped.Id == first.Id);
        await _bed.KillAsync("web", _bed["other"]);
        await events.NextAsync(e => e is Stopped stopped && stopped.Id == second.Id);
        Assert.Equal([first.Id, second.Id], events.All.OfType<Started>().Select(e => e.Container.Id));
    }

    [Fact]
    public async Task An_lxcpath_that_is_made_later_is_found()
    {
        string later = _bed["made/later"];
        await using EventRecorder<RuntimeEvent> events = new(_bed.NewRuntime(later).DiscoverAsync);
        await events.AnyAsync(e => e is Trouble { Absent: true } trouble && trouble.Source == later);
        await events.NextAsync(e => e is ListComplete);

        ContainerDescription web = await _bed.MakeAndStartAsync("web", later);

        Assert.Equal(web.Id, (await NextStartedAsync(events, "web")).Id);
        await events.AnyAsync(e => e is Trouble { Reason: null } trouble && trouble.Source == later);
    }

    [Fact]
    public async Task An_lxcpath_that_is_put_in_place_with_what_runs_in_it_is_found()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        Directory.Move(_bed.Lxcpath, _bed["aside"]);
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();
        Assert.DoesNotContain(events.All, e => e is Started);

        Directory.Move(_bed["aside"], _bed.Lxcpath);

        Assert.Equal(web.ProcessId, (await NextStartedAsync(events, "web")).ProcessId);
    }

    [Fact]
    public async Task One_whose_path_is_too_long_for_a_socket_is_found_all_the_same()
    {
        string deep = _bed["deep-"].PadRight(LxcPaths.LongestPath, 'x');
        string name = new('x', 50);
        Directory.CreateDirectory(deep);
        await using EventRecorder<RuntimeEvent> events = new(_bed.NewRuntime(deep).DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);
        ContainerDescription web = await _bed.MakeAndStartAsync(name, deep);
        Assert.Equal(web.ProcessId, (await NextStartedAsync(events, name)).ProcessId);
        await _bed.KillAsync(name, deep);
        await events.NextAsync(e => e is Stopped);
    }

    /// <summary>The second is one that the lines of lxc-monitor cannot tell from their own signs.</summary>
    [Theory]
    [InlineData("two words")]
    [InlineData("it's 'c' changed state to [RUNNING]")]
    [InlineData("--help")]
    public async Task A_name_is_data_whatever_it_looks_like(string name)
    {
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync();
        ContainerDescription odd = await _bed.MakeAndStartAsync(name);
        Assert.Equal(odd.ProcessId, (await NextStartedAsync(events, name)).ProcessId);
        await _bed.KillAsync(name);
        await events.NextAsync(e => e is Stopped stopped && stopped.Id == odd.Id);
    }

    [Fact]
    public async Task What_is_opened_is_the_container_s_process()
    {
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        LxcRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);

        using (ContainerEntry entry = await runtime.OpenAsync(web, Token))
        {
            Assert.False(entry.Process.IsClosed);
        }

        // A process that is there, but not the container's: as after the reuse of its id.
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => runtime.OpenAsync(web with { ProcessId = Environment.ProcessId }, Token).AsTask());
        Assert.Contains("web", refused.Message, StringComparison.Ordinal);
    }

    private bool IsOurs(Started started) => started.Container.Id.Value.StartsWith(_bed.Lxcpath, StringComparison.Ordinal);

    private Task<EventRecorder<RuntimeEvent>> DiscoverListedAsync() => DiscoverListedAsync(_bed);

    internal static async Task<EventRecorder<RuntimeEvent>> DiscoverListedAsync(LxcBed bed)
    {
        EventRecorder<RuntimeEvent> events = new(bed.NewRuntime().DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);
        return events;
    }

    internal static async Task<ContainerDescription> NextStartedAsync(EventRecorder<RuntimeEvent> events, string name) =>
        ((Started)(await events.NextAsync(e => e is Started { Container: var container } && container.Name == name)).Event).Container;

    /// <summary>Records compare labels by reference.</summary>
    private static ContainerDescription Normal(ContainerDescription container, ContainerDescription expected) => container with { Labels = expected.Labels };
}
