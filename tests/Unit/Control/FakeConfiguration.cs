using System.Text.Json;
using ContainerManager.Host.Control;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Control;

/// <summary>A configuration of words: a text with <c>bad</c> in it is wrong.</summary>
internal sealed class FakeConfiguration : IControlledConfiguration
{
    public ConfigurationReply Show()
    {
        using JsonDocument effective = JsonDocument.Parse("{}");
        return new ConfigurationReply("/etc/c.conf", [new ConfigurationText("/etc/c.conf", "{}")], DateTimeOffset.UnixEpoch, [], effective.RootElement.Clone());
    }

    public ConfigurationReply Reload() => Show();

    public ConfigurationCheck Check(ConfigurationRequest request) => request.Text?.Contains("bad", StringComparison.Ordinal) == true
        ? new ConfigurationCheck([$"{request.Name}:1:1: bad"], null)
        : new ConfigurationCheck([], $"{request.Name}: good");

    public Task<ConfigurationDifference> CompareAsync(ConfigurationRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new ConfigurationDifference([], [new PlannedChange("attach", "web", "/a", "/a")]));

    public Task<DoctorReply> DiagnoseAsync(CancellationToken cancellationToken) => Task.FromResult(new DoctorReply(
    [
        new DoctorCheck("kernel", "ok", "Linux", null),
        new DoctorCheck("udev", "note", $"none; {Long("detail")}", $"to do: {Long("remedy")}"),
    ]));

    private static string Long(string word) => string.Join(' ', Enumerable.Range(0, 60).Select(i => $"{word}{i}"));
}
