using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on a real Docker engine.</summary>
[Collection(nameof(DockerCollection))]
public sealed class DockerScenarioTests(DockerEngineFixture fixture) : ScenarioTests(new DockerScenarioRuntime(fixture.Engine))
{
    private const string Seed = """
        {
          "containerConfigs": {
            "myContainer": {
             "_udev_filters": [],
             "_automount": {
               "/dev/nvidia-modeset": "Absolute",
               "/dev/nvidia-uvm": "Absolute",
               "/dev/nvidia-uvm-tools": "Absolute",
               "/dev/nvidia0": "Absolute",
               "/dev/nvidiactl": "Absolute",
               "/tmp/.X11-Unix/X0": "Absolute"
             },
             "_filter_udev_events": false,
             "_inotify_watch": {
               "/tmp/.X11-unix": "Absolute",
             }
            }
          }
        }
        """;

    /// <summary>The example that our users know, to the letter; the engine is named by DOCKER_HOST.</summary>
    [Fact]
    public async Task TheSeedsExampleWorksAsItIs()
    {
        Assert.False(Path.Exists("/tmp/.X11-Unix"), "/tmp/.X11-Unix is there already: this test makes it");
        await using ServerUnderTest server = new(["Docker"], Seed) { Environment = [$"DOCKER_HOST={fixture.Engine.Address}"] };
        await server.StartAsync();
        await fixture.Engine.RunAsync("myContainer");
        try
        {
            StatusReply status = await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == "myContainer" && c.State == "running"));
            ILookup<bool, BindingStatus> bindings = status.Containers.Single(c => c.Name == "myContainer").Bindings
                .ToLookup(b => b.Source.StartsWith("/tmp/.X11-unix", StringComparison.Ordinal));
            Assert.Equal(
                ["/dev/nvidia-modeset", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia0", "/dev/nvidiactl", "/tmp/.X11-Unix/X0"],
                bindings[false].Where(b => b.State == "waiting").Select(b => b.Source).Order(StringComparer.Ordinal));

            // The host may have displays: then each is a binding of its own, and the directory is waited for no longer.
            Assert.NotEmpty(bindings[true]);
            Assert.All(bindings[true], b => Assert.Equal(b.Source == "/tmp/.X11-unix", b.State == "waiting"));
            Directory.CreateDirectory("/tmp/.X11-Unix");
            await File.WriteAllTextAsync("/tmp/.X11-Unix/X0", "x0", TestContext.Current.CancellationToken);
            await server.UntilBindingAsync("myContainer", "/tmp/.X11-Unix/X0", "attached");
            Assert.Equal("x0", (await fixture.Engine.ExecAsync("myContainer", "cat", "/tmp/.X11-Unix/X0")).OutputOrThrow());
        }
        finally
        {
            await fixture.Engine.RemoveAsync("myContainer");
            Directory.Delete("/tmp/.X11-Unix", recursive: true);
        }
    }

    [Fact]
    public async Task AfterARestartOfTheEngineEverythingIsBack()
    {
        using TemporaryDirectory host = new("host");
        await File.WriteAllTextAsync(host["letter"], "one", TestContext.Current.CancellationToken);
        string name = host.Name.Replace('.', '-');
        string configuration = $$"""{ "containerConfigs": { "{{name}}": { "_automount": { "{{host["letter"]}}": { "target": "/letter" } } } } }""";
        await using ServerUnderTest server = new(["Docker"], configuration) { Environment = [$"DOCKER_HOST={fixture.Engine.Address}"] };
        await server.StartAsync();
        await fixture.Engine.RunAsync(name, ["--restart", "always"]);
        try
        {
            ulong? before = (await server.UntilBindingAsync(name, "/letter", "attached")).MountId;
            await fixture.Engine.RestartEngineAsync();
            await server.UntilAsync(reply => ServerUnderTest.Find(reply, name, "/letter") is { State: "attached" } binding && binding.MountId != before);
            Assert.Equal("one", (await fixture.Engine.ExecAsync(name, "cat", "/letter")).OutputOrThrow());
        }
        finally
        {
            await fixture.Engine.RemoveAsync(name);
        }
    }
}

/// <summary>Containers of the tests' own engine.</summary>
internal sealed class DockerScenarioRuntime(DockerEngine engine) : IScenarioRuntime
{
    public string Plugin => "Docker";

    public int ManyEntries => 10_000;

    public string Settings => $$"""{ "sockets": ["{{engine.Address}}"] }""";

    public Task StartAsync(ServerUnderTest server, string name) => engine.RunAsync(name);

    public async Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command)
    {
        using TemporaryDirectory directory = new("image");
        (await Command.RunAsync("tar", ["--create", "--directory", root, "--file", directory["image.tar"], "."])).OutputOrThrow();
        (await engine.DockerAsync("import", directory["image.tar"], name)).OutputOrThrow();
        (await engine.DockerAsync(["run", "--detach", "--network", "none", "--name", name, name, .. command])).OutputOrThrow();
    }

    public Task RestartAsync(ServerUnderTest server, string name) => engine.RestartAsync(name);

    public Task RemoveAsync(ServerUnderTest server, string name) => engine.RemoveAsync(name);

    public async Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) =>
        (await Command.RunAsync("docker", ["--host", engine.Address, "exec", name, .. command], TimeSpan.FromMinutes(5))).OutputOrThrow();
}
