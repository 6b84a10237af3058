using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.State;

namespace ContainerManager.Tests.Unit.State;

/// <summary>What is found without a look at all is what a look at all would find, in the same order.</summary>
public sealed class RuleIndexTests
{
    private static readonly ImmutableArray<ContainerRules> s_rules = [.. new[] { "*", "web", "docker:web", "lxc:web", "w?b", "inside", "docker:*", "web", "other", "docker:inside", "in*" }
        .Select(key => new ContainerRules(new ContainerKey(key), [], UdevRules.None, null))];

    [Theory]
    [InlineData("docker", "web", null, "*", "web", "docker:web", "w?b", "docker:*", "web")]
    [InlineData("lxc", "web", "web", "*", "web", "lxc:web", "w?b", "web")]
    [InlineData("docker", "web", "inside", "*", "web", "docker:web", "w?b", "inside", "docker:*", "web", "docker:inside", "in*")]
    [InlineData("podman", "Web", null, "*")]
    [InlineData("podman", "*", null, "*")]
    public void Finds_what_is_about_a_container(string runtime, string name, string? hostName, params string[] keys)
    {
        ContainerDescription container = new() { Id = new ContainerId(runtime, "id"), Name = name, ProcessId = 1, HostName = hostName };
        ContainerRules[] found = [.. new RuleIndex(s_rules).Of(container)];
        Assert.Equal(keys, found.Select(rules => rules.Key.Text));
        Assert.Equal(s_rules.Where(rules => rules.Matches(container)), found, ReferenceEqualityComparer.Instance);
    }
}
