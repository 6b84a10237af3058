using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>Somebody who asks as soon as the socket is there, before the plugins are.</summary>
public sealed class EarlySpawnTests
{
    [Fact]
    public async Task A_container_can_be_asked_for_at_once()
    {
        for (int i = 0; i < 5; i++)
        {
            await using ServerUnderTest server = new(["Docker", "Lxc", "Namespaces"], "{}");
            Task started = server.StartAsync();
            using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
            await FileArrival.WaitAsync(server.Socket, deadline.Token);
            string name = $"early-{Guid.NewGuid():N}"[..16];
            ContainerStatus status = await server.SpawnAsync(new SpawnRequest(name, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));
            Assert.Equal("running", status.State);
            await server.StopContainerAsync(name);
            await started;
        }
    }

    /// <summary>Of one that ran before the server did.</summary>
    [Fact]
    public async Task What_devices_a_container_has_can_be_asked_at_once()
    {
        await using ServerUnderTest server = new(["Docker", "Lxc", "Namespaces"], "{}");
        await server.StartAsync();
        string name = $"early-{Guid.NewGuid():N}"[..16];
        await server.SpawnAsync(new SpawnRequest(name, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));
        await server.StopAsync();
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60));
        Task started = server.StartAsync();
        await FileArrival.WaitAsync(server.Socket, deadline.Token);
        Task<Ran> why = ContainerUtil.RunAsync(server.Socket, "why", "/dev/null", name), devices = ContainerUtil.RunAsync(server.Socket, "devices", name);
        Assert.Equal((0, "no devices\n"), ((await devices).ExitCode, (await devices).Output));
        Assert.Contains("the container has no _udev_filters", (await why).Output, StringComparison.Ordinal);
        await started;
        await server.StopContainerAsync(name);
    }
}
