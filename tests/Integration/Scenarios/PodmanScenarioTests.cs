using ContainerManager.Tests.Integration.Podman;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on a real Podman of root.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class PodmanScenarioTests(PodmanEngineFixture fixture) : ScenarioTests(new PodmanScenarioRuntime(fixture.Root));

/// <summary>The scenario table on a real Podman of a user.</summary>
[Collection(nameof(PodmanCollection))]
public sealed class RootlessPodmanScenarioTests(PodmanEngineFixture fixture) : ScenarioTests(new RootlessPodmanScenarioRuntime(fixture.Rootless));

/// <summary>Containers of the tests' own engine of root.</summary>
internal class PodmanScenarioRuntime(PodmanEngine engine) : IScenarioRuntime
{
    public string Plugin => "Podman";

    public virtual string Settings => $$"""{ "sockets": ["{{engine.Address}}"] }""";

    public virtual bool HasUserNamespace => false;

    public Task StartAsync(ServerUnderTest server, string name) => engine.RunAsync(name);

    public Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command) => engine.RunFromAsync(name, root, command);

    public Task RestartAsync(ServerUnderTest server, string name) => engine.RestartAsync(name);

    public Task RemoveAsync(ServerUnderTest server, string name) => engine.RemoveAsync(name);

    public async Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) =>
        (await engine.ExecAsync(name, command)).OutputOrThrow();
}

/// <summary>Containers of the tests' own user. Root's engine is one that is not there.</summary>
internal sealed class RootlessPodmanScenarioRuntime(PodmanEngine engine) : PodmanScenarioRuntime(engine)
{
    public override string Settings { get; } = $$"""{ "sockets": ["unix://{{engine.ConfigurationPath}}.none"], "users": ["{{engine.User!.Name}}"] }""";

    public override bool HasUserNamespace => true;
}
