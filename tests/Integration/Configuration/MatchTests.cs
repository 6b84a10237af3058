using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Configuration;

/// <summary>Rules for containers of an image, or with labels, as a real engine tells of them.</summary>
[Collection(nameof(DockerCollection))]
public sealed class MatchTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("match");
    private ServerUnderTest? _server;

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(_host["file"], "x");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => fixture.Engine.RemoveAsync(_name)), CleanUp.Of(() => fixture.Engine.RemoveAsync(_name + "-other")), CleanUp.Of(_server), CleanUp.Of(_host));

    [Fact]
    public async Task ImageAndLabelsDecideWhoGetsWhat()
    {
        string paths(string target) => $$"""{ "{{_host["file"]}}": { "target": "{{target}}" } }""";
        _server = new ServerUnderTest(["Docker"], $$"""
            { "containerConfigs": {
                "{{_name}}*": { "_match": { "labels": { "com.example.gpu": "y*" } }, "_automount": {{paths("/by-label")}} },
                "docker:*": { "_match": { "image": "*busybox*" }, "_automount": {{paths("/by-image")}} },
                "*": { "_match": { "image": "other", "labels": { "com.example.gpu": "*" } }, "_automount": {{paths("/by-both")}} } },
              "settings": { "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } } } }
            """);
        await _server.StartAsync();
        await fixture.Engine.RunAsync(_name, ["--label", "com.example.gpu=yes"]);
        await fixture.Engine.RunAsync(_name + "-other", ["--label", "com.example.gpu=no"]);
        await _server.UntilBindingAsync(_name, "/by-label", "attached");
        await _server.UntilBindingAsync(_name, "/by-image", "attached");
        await _server.UntilBindingAsync(_name + "-other", "/by-image", "attached");
        StatusReply status = await _server.StatusAsync();
        Assert.Equal(["/by-image", "/by-label"], status.Containers.Single(container => container.Name == _name).Bindings.Select(binding => binding.Target));
        Assert.Equal(["/by-image"], status.Containers.Single(container => container.Name == _name + "-other").Bindings.Select(binding => binding.Target));
        Assert.Contains(status.Containers, container => container is { Name: "*", State: "waiting" });
    }
}
