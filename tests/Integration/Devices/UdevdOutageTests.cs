using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>udevd is killed and started again: what happened in between it tells nobody, and containers have what is there all the same.</summary>
[Collection(nameof(AloneCollection))]
public sealed class UdevdOutageTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly VirtualConsole _console = new(55);
    private UdevBed? _udev;
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync() => _udev = await UdevBed.StartAsync();

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)),
        CleanUp.Of(_server),
        CleanUp.Of(_console),
        CleanUp.Of(_udev));

    [Fact]
    public async Task WhatWasUnpluggedMeanwhileIsGoneAndWhatIsPluggedInAfterwardsComes()
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": { "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, _console.Node, "attached");

        await _udev!.KillDaemonAsync();
        await _console.UnplugAsync();
        await _udev.StartDaemonAgainAsync();
        await Server.UntilGoneAsync(_name, _console.Node);

        _console.Plug();
        await Server.UntilBindingAsync(_name, _console.Node, "attached");
    }
}
