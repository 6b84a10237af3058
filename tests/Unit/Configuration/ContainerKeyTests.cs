using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;

namespace ContainerManager.Tests.Unit.Configuration;

public sealed class ContainerKeyTests
{
    [Theory]
    [InlineData("web", "docker", "web", null, true)]
    [InlineData("web", "docker", "web2", null, false)]
    [InlineData("web", "docker", "Web", null, false)]
    [InlineData("web", "docker", "x", "web", true)]
    [InlineData("web*", "docker", "web2", null, true)]
    [InlineData("web*", "docker", "web", null, true)]
    [InlineData("*", "docker", "anything", null, true)]
    [InlineData("web-?", "docker", "web-1", null, true)]
    [InlineData("web-?", "docker", "web-12", null, false)]
    [InlineData("web-?", "docker", "web-", null, false)]
    [InlineData("docker:web", "docker", "web", null, true)]
    [InlineData("docker:web", "podman", "web", null, false)]
    [InlineData("docker:web", "docker", "x", "web", true)]
    [InlineData("docker:*", "docker", "x", null, true)]
    [InlineData("docker:*", "dockerd", "x", null, false)]
    [InlineData("a.b", "docker", "axb", null, false)]
    public void Matches_the_name_or_the_host_name(string key, string runtime, string name, string? hostName, bool matches)
    {
        var container = new ContainerDescription { Id = new ContainerId(runtime, "1"), Name = name, HostName = hostName, ProcessId = 1 };
        Assert.Equal(matches, new ContainerKey(key).Matches(container));
    }
}
