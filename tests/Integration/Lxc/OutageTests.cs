using ContainerManager.Abstractions;
using ContainerManager.Plugins.Lxc;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;
using static ContainerManager.Tests.Integration.Lxc.DiscoveryTests;

namespace ContainerManager.Tests.Integration.Lxc;

/// <summary>What the plugin listens with is not there, or goes.</summary>
public sealed class OutageTests : IAsyncDisposable
{
    private readonly LxcBed _bed = new();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Theory]
    [InlineData("lxc-monitor")]
    [InlineData("lxc-monitord")]
    public async Task What_happens_while_nobody_listens_is_found_afterwards(string program)
    {
        ContainerDescription stays = await _bed.MakeAndStartAsync("stays");
        ContainerDescription ends = await _bed.MakeAndStartAsync("ends");
        ContainerDescription goes = await _bed.MakeAndStartAsync("goes");
        await _bed.MakeAsync("comes");
        await using EventRecorder<RuntimeEvent> events = await DiscoverListedAsync(_bed);

        await _bed.KillAsync(LxcBed.ProcessOf(program, _bed.Lxcpath));
        await _bed.KillAsync("ends");
        await _bed.DoAsync("lxc-destroy", "goes", "--force");
        await _bed.StartAsync("comes");

        await events.AnyAsync(e => e is Trouble { Source: "lxc-monitor", Reason: not null });
        await events.AnyAsync(e => e is Trouble { Source: "lxc-monitor", Reason: null });
        await events.AnyAsync(e => e is Started { Container.Name: "comes" });
        await events.AnyAsync(e => e is Stopped stopped && stopped.Id == ends.Id);
        await events.AnyAsync(e => e is Removed removed && removed.Id == goes.Id);

        // And it listens again.
        await _bed.KillAsync("stays");
        await events.AnyAsync(e => e is Stopped stopped && stopped.Id == stays.Id);
        Assert.Single(events.All.OfType<Started>(), e => e.Container.Id == stays.Id);
        Assert.Single(events.All.OfType<ListComplete>());
    }

    [Fact]
    public async Task Nothing_that_listens_is_left_when_the_plugin_ends()
    {
        await using (await DiscoverListedAsync(_bed))
        {
            LxcBed.ProcessOf("lxc-monitor", _bed.Lxcpath);
        }

        Assert.DoesNotContain(ProcessFacts.All, id => LxcBed.IsProcessOf(id, "lxc-monitor", _bed.Lxcpath));
    }

    [Fact]
    public async Task Nothing_that_listens_is_left_when_the_server_is_killed()
    {
        await using ServerUnderTest server = new(["Lxc"], $$"""{ "settings": { "plugins": { "Lxc": { "paths": ["{{_bed.Lxcpath}}"] } } } }""");
        await server.StartAsync();
        await _bed.MakeAndStartAsync("web");
        await server.UntilAsync(reply => reply.Containers.Any(container => container.Name == "web"));
        using ContainerEntry monitor = _bed.HostOf().OpenProcess(LxcBed.ProcessOf("lxc-monitor", _bed.Lxcpath));

        await server.KillAsync();

        await _bed.WhenExitedAsync(monitor);
    }

    [Fact]
    public async Task Lxc_that_is_not_installed_is_waited_for()
    {
        LxcPrograms programs = new(_bed["later/bin"]);
        ContainerDescription web = await _bed.MakeAndStartAsync("web");
        await using EventRecorder<RuntimeEvent> events = new(_bed.NewRuntime(programs, _bed.Lxcpath).DiscoverAsync);
        Trouble trouble = (Trouble)(await events.NextAsync(e => e is Trouble)).Event;
        Assert.True(trouble.Absent);
        Assert.Equal("it is not installed; waiting for it", trouble.Reason);

        Directory.CreateDirectory(_bed["later/bin"]);
        foreach (string program in (string[])["setpriv", "lxc-info", "lxc-config", "lxc-monitor"])
        {
            File.CreateSymbolicLink(Path.Combine(_bed["later/bin"], program), "/usr/bin/" + program);
        }

        await events.NextAsync(e => e is Trouble { Reason: null } over && over.Source == trouble.Source);
        Assert.Equal(web.ProcessId, (await NextStartedAsync(events, "web")).ProcessId);
        await events.NextAsync(e => e is ListComplete);
    }
}
