using ContainerManager.Protocol;
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
}
