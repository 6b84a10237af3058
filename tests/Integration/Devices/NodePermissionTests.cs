using ContainerManager.Tests.Integration.Crashes;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>A device is allowed for as long as its node is there, and no longer.</summary>
[Collection(nameof(AloneCollection))]
public sealed class NodePermissionTests : IAsyncLifetime
{
    private const string Device = "/dev/full";

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly ServerUnderTest _server;
    private DenyingCgroup? _cgroup;

    public NodePermissionTests() => _server = new ServerUnderTest([_runtime.Plugin], "{}");

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync();
        await _runtime.StartAsync(_server, _name);
        _cgroup = new DenyingCgroup(ProcessId(await _server.StatusAsync()));

        // In which cgroup a container is, is read once.
        await _server.StopAsync();
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _runtime.RemoveAsync(_server, _name)),
        CleanUp.Of(_server),
        CleanUp.Of(_cgroup));

    [Fact]
    public async Task WhatCouldNotBeMountedIsNotAllowed()
    {
        // A directory, where a node cannot be mounted.
        await ConfigureAndStartAsync("/usr");
        await _server.UntilBindingAsync(_name, "/usr", "failed");
        Assert.Empty(_cgroup!.Allowed);
    }

    [Fact]
    public async Task WhatWasAllowedIsStillForTheNextServerAndDeniedInTheEnd()
    {
        await ConfigureAndStartAsync("/dev/given");
        await _server.UntilBindingAsync(_name, "/dev/given", "attached");
        Assert.Equal(["c 1:7 rwm"], _cgroup!.Allowed);
        await _server.KillAsync();
        await _server.StartAsync();
        await _server.UntilBindingAsync(_name, "/dev/given", "attached");
        Assert.Equal(["c 1:7 rwm"], _cgroup.Allowed);
        _server.Configure("{}");
        await _server.ReloadConfigurationAsync();
        await _server.UntilGoneAsync(_name, "/dev/given");
        Assert.Empty(_cgroup.Allowed);
    }

    [Fact]
    public async Task WhatARuleDoesNotAllowTheNextServerDoesNotEither()
    {
        await FilterAndStartAsync(permission: false);
        await _server.UntilDeviceAsync(_name, Device, permission: "off");
        Assert.Empty(_cgroup!.Allowed);

        // Nobody is told again: what is found is found before the binding is known.
        await _server.KillAsync();
        await _server.StartAsync();
        await _server.UntilBindingAsync(_name, Device, "attached");
        Assert.Empty(_cgroup.Allowed);
    }

    [Fact]
    public async Task ARuleThatChangesWhileNoServerRunsIsFollowedByTheNext()
    {
        await FilterAndStartAsync(permission: false);
        await _server.UntilDeviceAsync(_name, Device, permission: "off");
        await _server.KillAsync();
        await FilterAndStartAsync(permission: true);
        await _server.UntilDeviceAsync(_name, Device, permission: "granted");
        Assert.Equal(["c 1:7 rwm"], _cgroup!.Allowed);
        await _server.KillAsync();
        await FilterAndStartAsync(permission: false);
        await _server.UntilDeviceAsync(_name, Device, permission: "off");
        Assert.Empty(_cgroup.Allowed);
    }

    private async Task FilterAndStartAsync(bool permission)
    {
        string filter = $$"""{ "subsystem": "mem", "devnode": "{{Device}}", "permission": {{(permission ? "true" : "false")}} }""";
        _server.Configure($$"""{ "containerConfigs": { "{{_name}}": { "_filter_udev_events": true, "_udev_filters": [{{filter}}] } } }""");
        await _server.StartAsync();
    }

    private async Task ConfigureAndStartAsync(string target)
    {
        _server.Configure($$"""{ "containerConfigs": { "{{_name}}": { "_automount": { "{{Device}}": { "target": "{{target}}" } } } } }""");
        await _server.StartAsync();
    }

    private int ProcessId(Protocol.StatusReply reply) => reply.Containers.Single(container => container.Name == _name).ProcessId!.Value;
}
