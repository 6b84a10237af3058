using ContainerManager.Tests.Integration.Lxc;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on LXC containers whose root is the host's.</summary>
public sealed class LxcScenarioTests() : ScenarioTests(new LxcScenarioRuntime(unprivileged: false));

/// <summary>The scenario table on LXC containers with a user namespace.</summary>
public sealed class UnprivilegedLxcScenarioTests() : ScenarioTests(new LxcScenarioRuntime(unprivileged: true));

/// <summary>Containers of an lxcpath of the test's own.</summary>
internal sealed class LxcScenarioRuntime(bool unprivileged, bool cgroup2 = false) : IScenarioRuntime, IAsyncDisposable
{
    private readonly LxcBed _bed = new(cgroup2);

    public string Plugin => "Lxc";

    public string Settings => $$"""{ "paths": ["{{_bed.Lxcpath}}"] }""";

    public bool HasUserNamespace => unprivileged;

    public Task StartAsync(ServerUnderTest server, string name) => _bed.MakeAndStartAsync(name, unprivileged);

    public async Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command)
    {
        await _bed.MakeFromAsync(name, root, unprivileged, command);
        await _bed.StartAsync(name);
    }

    public async Task RestartAsync(ServerUnderTest server, string name)
    {
        await _bed.KillAsync(name);
        await _bed.StartAsync(name);
    }

    public Task RemoveAsync(ServerUnderTest server, string name) =>
        Directory.Exists(Path.Combine(_bed.Lxcpath, name)) ? _bed.DoAsync("lxc-destroy", name, "--force") : Task.CompletedTask;

    public Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) => _bed.ExecAsync(name, command);

    public ValueTask DisposeAsync() => _bed.DisposeAsync();
}
