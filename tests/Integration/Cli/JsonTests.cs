using ContainerManager.Protocol;
using ContainerManager.Tests.Control;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>What <c>--json</c> prints is what the API's description says, so that scripts can rely on it.</summary>
public sealed class JsonTests : IAsyncLifetime
{
    private ServedEngine _served = null!;
    private DescribedJson _described = null!;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedEngine.StartAsync();
        _described = await DescribedJson.OfAsync(_served.Http, TestContext.Current.CancellationToken);
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
    [InlineData("Outcome", "-c", "web", "unbind", "/srv/a")]
    [InlineData("Outcome", "stop", "web")]
    [InlineData("Outcome", "stop", "web/1")]
    [InlineData("ProgramStatus", "-c", "web", "run", "--detach", "--", "true")]
    public async Task OutputFitsItsSchema(string schema, params string[] words)
    {
        Ran ran = await ContainerUtil.RunAsync(_served.Socket, ["--json", .. words]);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        _described.AssertFits(ran.Output, schema);
    }

    [Fact]
    public async Task ErrorsAndEventsFitTheirs()
    {
        Ran refused = await ContainerUtil.RunAsync(_served.Socket, "--json", "-c", "nobody", "bind", "/srv/a");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        _described.AssertFits(refused.Error, "ErrorReply");
        _served.Engine.Publish(new EventRecord(DateTimeOffset.UnixEpoch, "attached", "web", "/a", "/b", null));
        Ran events = await ContainerUtil.RunAsync(_served.Socket, "--json", "events");
        _described.AssertFits(Assert.Single(events.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), "EventRecord");
    }
}
