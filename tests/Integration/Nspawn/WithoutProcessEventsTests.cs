using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>Where the kernel does not tell of executions, as in a network namespace of one's own.</summary>
public sealed class WithoutProcessEventsTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _host = new("host");
    private readonly MachinedBed _machined = new();
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..16];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _machined.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task Registered_machines_are_served_and_the_others_are_said_to_be_missed()
    {
        await File.WriteAllTextAsync(_host["letter"], "one", TestContext.Current.CancellationToken);
        await _machined.StartAsync();
        string configuration = $$"""
            { "containerConfigs": { "{{_name}}": { "_automount": { "{{_host["letter"]}}": { "target": "/tmp/letter" } } } },
              "settings": { "plugins": { "Nspawn": { "machinesDirectory": "{{_machined.MachinesDirectory}}" } } } }
            """;
        await using ServerUnderTest server = new(["Nspawn"], configuration) { Environment = ["unshare", "--net"] };
        await using NspawnMachines machines = new() { Prefix = _machined.Prefix, Options = ["--register=yes"] };
        await server.StartAsync();
        StatusReply status = await server.StatusAsync();
        Assert.Contains("--register=no are not noticed", Assert.Single(status.Runtimes).Reason, StringComparison.Ordinal);

        await machines.StartAsync(_name);
        await server.UntilBindingAsync(_name, "/tmp/letter", "attached");

        // Not covered by the /tmp that nspawn mounts last.
        Assert.Equal("one", await MachineCommand.RunAsync(machines.LeaderOf(_name), userNamespace: false, "cat", "/tmp/letter"));
    }
}
