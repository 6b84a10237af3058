using System.Globalization;
using ContainerManager.Tests.Integration.Nspawn;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on machines that only their nspawn process knows.</summary>
public sealed class NspawnScenarioTests() : NspawnScenarios(new NspawnScenarioRuntime());

/// <summary>The same with a stub as first process.</summary>
public sealed class NspawnStubScenarioTests() : NspawnScenarios(new NspawnScenarioRuntime("--as-pid2"));

/// <summary>The same with user namespaces: the root's files belong to the container's users on the host, too.</summary>
public sealed class NspawnUserNamespaceScenarioTests()
    : NspawnScenarios(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown"));

/// <summary>The same, with files that keep their owners and a root that is mounted with mapped ids.</summary>
public sealed class NspawnMappedRootScenarioTests()
    : NspawnScenarios(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=map"));

/// <summary>The scenarios, with an end to the machines.</summary>
public abstract class NspawnScenarios : ScenarioTests
{
    private readonly NspawnScenarioRuntime _runtime;

    private protected NspawnScenarios(NspawnScenarioRuntime runtime)
        : base(runtime) => _runtime = runtime;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _runtime.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Machines that are not registered.</summary>
internal sealed class NspawnScenarioRuntime(params string[] options) : IScenarioRuntime, IAsyncDisposable
{
    private readonly NspawnMachines _machines = new() { Options = ["--register=no", .. options] };

    public string Plugin => "Nspawn";

    public string Settings => "{}";

    public bool HasUserNamespace { get; } = options.Any(option => option.StartsWith("--private-users", StringComparison.Ordinal));

    public Task StartAsync(ServerUnderTest server, string name) => _machines.StartAsync(name);

    public async Task RestartAsync(ServerUnderTest server, string name)
    {
        await _machines.KillAsync(name);
        await _machines.StartAsync(name);
    }

    public Task RemoveAsync(ServerUnderTest server, string name) => _machines.KillAsync(name);

    public Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) =>
        MachineCommand.RunAsync(_machines.LeaderOf(name), HasUserNamespace, command);

    public ValueTask DisposeAsync() => _machines.DisposeAsync();
}

/// <summary>Runs programs in machines.</summary>
internal static class MachineCommand
{
    private const string IntoCgroup = "echo $$ > \"/sys/fs/cgroup/unified$0/cgroup.procs\" && exec \"$@\"";

    /// <summary>Runs one in the leader's namespaces and cgroup, as its root.</summary>
    internal static async Task<string> RunAsync(int leader, bool userNamespace, params string[] command)
    {
        string cgroup = ProcessFacts.Read(leader, "cgroup").Split('\n').Single(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        string[] enter =
        [
            "--target", leader.ToString(CultureInfo.InvariantCulture), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
            .. userNamespace ? ["--user"] : Array.Empty<string>(), "--",
        ];
        return (await Command.RunAsync("sh", ["-c", IntoCgroup, cgroup, "nsenter", .. enter, .. command], TimeSpan.FromMinutes(5))).OutputOrThrow();
    }
}
