using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Configuration;

/// <summary>What containers ask for by their labels, as a real engine tells of them.</summary>
[Collection(nameof(DockerCollection))]
public sealed class LabelTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private const string Label = "container-manager.automount";

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("labels");
    private ServerUnderTest? _server;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_host["shared"]);
        File.WriteAllText(_host["shared/file"], "given");
        File.WriteAllText(_host["secret"], "secret");
        File.CreateSymbolicLink(_host["shared/link"], _host["secret"]);
        _server = new ServerUnderTest(["Docker"], Configuration(""));
        await _server.StartAsync();
        await fixture.Engine.RunAsync(_name, [
            "--label", $"{Label}={_host["shared/file"]}:/given:ro,{_host["secret"]}:/secret,{_host["shared/link"]}:/link",
            "--label", "container-manager.use=x11"]);
        await _server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(() => fixture.Engine.RemoveAsync(_name)), CleanUp.Of(_server), CleanUp.Of(_host));

    /// <summary>Without the setting nothing; with it what it names and no more, in the container that runs already; and without it nothing again.</summary>
    [Fact]
    public async Task LabelsGiveWhatTheSettingAllowsAndAreToldWhatItDoesNot()
    {
        Assert.Empty(await BindingsAsync());

        _server!.Configure(Configuration($$""", "labels": { "paths": ["{{_host["shared/*"]}}"] }"""));
        BindingStatus given = await _server.UntilBindingAsync(_name, "/given", "attached");
        Assert.Equal((true, Label), (given.ReadOnly, given.Origin));
        BindingStatus refused = await _server.UntilBindingAsync(_name, "/secret", "failed");
        Assert.Contains("settings.labels.paths", refused.Reason, StringComparison.Ordinal);
        BindingStatus link = await _server.UntilBindingAsync(_name, "/link", "failed");
        Assert.Contains("is a symbolic link", link.Reason, StringComparison.Ordinal);
        Assert.Contains(await BindingsAsync(), binding => binding is { Source: "x11", State: "failed", Origin: "container-manager.use" });
        Assert.Equal("given", (await fixture.Engine.ExecAsync(_name, "sh", "-c", "cat /given; echo x > /given || cat /secret /link")).Output);
        await _server.UntilLoggedAsync("settings.labels.paths");

        // Another file by the same name, and the link becomes a file: both are followed as in any rule.
        File.Delete(_host["shared/link"]);
        File.WriteAllText(_host["shared/link"], "no link");
        await _server.UntilBindingAsync(_name, "/link", "attached");

        // The container starts again, and so does the server.
        await fixture.Engine.RestartAsync(_name);
        await _server.UntilBindingAsync(_name, "/given", "attached");
        ulong? mount = (await _server.UntilBindingAsync(_name, "/link", "attached")).MountId;
        await _server.KillAsync();
        await _server.StartAsync();
        Assert.Equal(mount, (await _server.UntilBindingAsync(_name, "/link", "attached")).MountId);

        _server.Configure(Configuration(""));
        await _server.UntilGoneAsync(_name, "/given");
        await _server.UntilGoneAsync(_name, "/link");
        Assert.Empty(await BindingsAsync());
        Assert.NotEqual(0, (await fixture.Engine.ExecAsync(_name, "sh", "-c", "test -e /given || test -e /link")).ExitCode);
    }

    private string Configuration(string more) =>
        $$"""{ "settings": { "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } }{{more}} } }""";

    private async Task<IEnumerable<BindingStatus>> BindingsAsync() =>
        (await _server!.StatusAsync()).Containers.Single(container => container.Name == _name).Bindings;
}
