using System.Text.Json.Nodes;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using Json.Schema;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>What <c>--json</c> prints is what the API's description says, so that scripts can rely on it.</summary>
public sealed class JsonTests : IAsyncLifetime
{
    private ServedEngine _served = null!;
    private JsonNode _schemas = null!;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedEngine.StartAsync();
        string description = await _served.Http.GetStringAsync(ControlAddress.Description, TestContext.Current.CancellationToken);
        _schemas = JsonNode.Parse(description)!["components"]!["schemas"]!;
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Theory]
    [InlineData("StatusReply", "status")]
    [InlineData("StatusReply", "status", "web")]
    [InlineData("StatusReply", "top")]
    [InlineData("PluginsReply", "plugins")]
    [InlineData("PluginStatus", "plugins", "reload", "Docker")]
    [InlineData("DevicesReply", "devices")]
    [InlineData("WhyReply", "why", "/dev/x", "web")]
    [InlineData("DoctorReply", "doctor")]
    [InlineData("ProgramsReply", "ps")]
    [InlineData("ConfigurationReply", "config", "show")]
    [InlineData("ConfigurationReply", "config", "reload")]
    [InlineData("ConfigurationCheck", "config", "check")]
    [InlineData("ConfigurationDifference", "config", "diff")]
    [InlineData("BindingStatus", "-c", "web", "bind", "/srv/a")]
    [InlineData("ContainerStatus", "spawn", "box", "--", "true")]
    [InlineData("ProgramStatus", "-c", "web", "run", "--detach", "--", "true")]
    public async Task OutputFitsItsSchema(string schema, params string[] words)
    {
        Ran ran = await ContainerUtil.RunAsync(_served.Socket, ["--json", .. words]);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        AssertFits(ran.Output, schema);
    }

    [Fact]
    public async Task ErrorsAndEventsFitTheirs()
    {
        Ran refused = await ContainerUtil.RunAsync(_served.Socket, "--json", "-c", "nobody", "bind", "/srv/a");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        AssertFits(refused.Error, "ErrorReply");
        _served.Engine.Publish(new EventRecord(DateTimeOffset.UnixEpoch, "attached", "web", "/a", "/b", null));
        Ran events = await ContainerUtil.RunAsync(_served.Socket, "--json", "events");
        AssertFits(Assert.Single(events.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), "EventRecord");
    }

    private void AssertFits(string text, string schema)
    {
        EvaluationResults results = JsonSchema.FromText(_schemas[schema]!.ToJsonString()).Evaluate(JsonNode.Parse(text), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, $"{text}\n{string.Join('\n', results.Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}"))}");
    }
}
