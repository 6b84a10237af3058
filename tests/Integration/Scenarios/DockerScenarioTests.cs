using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on a real Docker engine.</summary>
[Collection(nameof(DockerCollection))]
public sealed class DockerScenarioTests(DockerEngineFixture fixture) : ScenarioTests(new DockerScenarioRuntime(fixture.Engine));

/// <summary>Containers of the tests' own engine.</summary>
internal sealed class DockerScenarioRuntime(DockerEngine engine) : IScenarioRuntime
{
    public string Plugin => "Docker";

    public string Settings => $$"""{ "sockets": ["{{engine.Address}}"] }""";

    public Task StartAsync(ServerUnderTest server, string name) => engine.RunAsync(name);

    public Task RestartAsync(ServerUnderTest server, string name) => engine.RestartAsync(name);

    public Task RemoveAsync(ServerUnderTest server, string name) => engine.RemoveAsync(name);

    public async Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) =>
        (await Command.RunAsync("docker", ["--host", engine.Address, "exec", name, .. command], TimeSpan.FromMinutes(5))).OutputOrThrow();
}
