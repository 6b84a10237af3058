using System.Globalization;
using ContainerManager.Tests.Integration.Nspawn;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on machines that only their nspawn process knows.</summary>
public sealed class NspawnScenarioTests() : ScenarioTests(new NspawnScenarioRuntime());

/// <summary>The same with user namespaces: the root's files belong to the container's users on the host, too.</summary>
public sealed class NspawnUserNamespaceScenarioTests()
    : ScenarioTests(new NspawnScenarioRuntime("--private-users=pick", "--private-users-ownership=chown"));

/// <summary>The same on machines that machined knows of, and found by that alone.</summary>
public sealed class NspawnRegisteredScenarioTests() : ScenarioTests(new NspawnScenarioRuntime { Machined = new MachinedBed() });

/// <summary>Machines that are not registered, unless there is a machined.</summary>
internal sealed class NspawnScenarioRuntime(params string[] options) : IScenarioRuntime, IAsyncDisposable
{
    private NspawnMachines? _machines;

    public string Plugin => "Nspawn";

    public string Settings => Machined?.Settings ?? "{}";

    /// <summary>Where the machines are registered.</summary>
    internal MachinedBed? Machined { get; init; }

    private NspawnMachines Machines => _machines ??= new NspawnMachines
    {
        Prefix = Machined?.Prefix ?? [],
        Options = [Machined is null ? "--register=no" : "--register=yes", .. options],
    };

    public bool HasUserNamespace { get; } = options.Any(option => option.StartsWith("--private-users", StringComparison.Ordinal));

    public Task PrepareAsync() => Machined?.StartAsync() ?? Task.CompletedTask;

    public Task StartAsync(ServerUnderTest server, string name) => Machines.StartAsync(name);

    public async Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Machines.RootOf(name))!);
        (await Command.RunAsync("cp", ["-a", root, Machines.RootOf(name)])).OutputOrThrow();
        await Machines.StartAsync(name, ["-M", name], command);
    }

    public async Task RestartAsync(ServerUnderTest server, string name)
    {
        await Machines.KillAsync(name);
        await Machines.StartAsync(name);
    }

    public Task RemoveAsync(ServerUnderTest server, string name) => Machines.KillAsync(name);

    public Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command) =>
        MachineCommand.RunAsync(Machines.LeaderOf(name), HasUserNamespace, command);

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_machines), CleanUp.Of(Machined));
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
