using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Podman;
using ContainerManager.Tests.Integration.Scenarios;

namespace ContainerManager.Tests.Integration.Devices;

/// <summary>An engine for one test, which may see a machine with cgroup v2 only.</summary>
internal sealed class OwnEngineRuntime(string plugin, Func<Task<(IAsyncDisposable Engine, IScenarioRuntime Runtime)>> start) : IScenarioRuntime, IAsyncDisposable
{
    private IAsyncDisposable? _engine;
    private IScenarioRuntime? _runtime;

    public string Plugin => plugin;

    public string Settings => _runtime!.Settings;

    internal static OwnEngineRuntime Docker(bool cgroup2) => new("Docker", async () =>
    {
        DockerEngine engine = await DockerEngine.StartNewAsync(cgroup2: cgroup2);
        return (engine, new DockerScenarioRuntime(engine));
    });

    internal static OwnEngineRuntime Podman(bool cgroup2) => new("Podman", async () =>
    {
        PodmanEngine engine = await PodmanEngine.StartNewAsync(cgroup2: cgroup2);
        return (engine, new PodmanScenarioRuntime(engine));
    });

    public async Task PrepareAsync() => (_engine, _runtime) = await start();

    public Task StartAsync(ServerUnderTest server, string name) => _runtime!.StartAsync(server, name);

    public Task RestartAsync(ServerUnderTest server, string name) => _runtime!.RestartAsync(server, name);

    public Task RemoveAsync(ServerUnderTest server, string name) => _runtime!.RemoveAsync(server, name);

    public Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) => _runtime!.ExecAsync(server, name, command);

    public ValueTask DisposeAsync() => _engine?.DisposeAsync() ?? ValueTask.CompletedTask;
}
