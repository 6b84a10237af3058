using System.Globalization;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The scenario table on our own light containers.</summary>
public sealed class NamespacesScenarioTests() : ScenarioTests(new NamespacesScenarioRuntime())
{
    private const int Rounds = 100;

    /// <summary>X11 as people meet it: the container runs first, with a network of its own; then the X server comes, goes, and comes again.</summary>
    [Fact]
    public async Task AnXServerIsReachableEachTimeItStarts()
    {
        string display = (1000 + (Environment.ProcessId % 9000)).ToString(CultureInfo.InvariantCulture);
        string socket = $"/tmp/.X11-unix/X{display}";
        await StartAsync("""{ "_inotify_watch": { "/tmp/.X11-unix": "Absolute" } }""");
        using TemporaryDirectory logs = new("xvfb");
        for (int round = 0; round < Rounds; round++)
        {
            await using (new BackgroundProcess(logs["log"], "Xvfb", $":{display}", "-screen", "0", "64x64x8", "-nolisten", "tcp", "-ac", "-noreset"))
            {
                await Server.UntilBindingAsync(Name, socket, "attached");
                Assert.Contains("dimensions", await ExecAsync("env", $"DISPLAY=:{display}", "xdpyinfo"), StringComparison.Ordinal);
            }

            await Server.UntilGoneAsync(Name, socket);
            Assert.Equal("gone", await ExecAsync("sh", "-c", $"test -e {socket} || echo gone"));
        }
    }
}

/// <summary>The same where root inside is not root outside.</summary>
public sealed class UserNamespacesScenarioTests() : ScenarioTests(new NamespacesScenarioRuntime(userNamespace: true));

/// <summary>Containers that the server itself starts, with the host's /usr.</summary>
internal sealed class NamespacesScenarioRuntime(bool userNamespace = false) : IScenarioRuntime
{
    public bool HasUserNamespace => userNamespace;

    public string Plugin => "Namespaces";

    public int ManyEntries => userNamespace ? 1_000 : 10_000;

    public string Settings => "{}";

    public Task StartAsync(ServerUnderTest server, string name) => server.SpawnAsync(new SpawnRequest(
        name, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: userNamespace));

    public async Task StartFromAsync(ServerUnderTest server, string name, string root, params string[] command)
    {
        if (userNamespace)
        {
            SubordinateIds ids = SubordinateIds.OfHost();
            (await Command.RunAsync("chown", ["-R", $"{ids.FirstUser}:{ids.FirstGroup}", root])).OutputOrThrow();
        }

        await server.SpawnAsync(new SpawnRequest(name, [.. command], root, HostNetwork: false, UserNamespace: userNamespace));
    }

    public async Task RestartAsync(ServerUnderTest server, string name)
    {
        await server.StopContainerAsync(name);
        await StartAsync(server, name);
    }

    public async Task RemoveAsync(ServerUnderTest server, string name)
    {
        if ((await server.StatusAsync()).Containers.Any(container => container.Name == name && container.ProcessId is not null))
        {
            await server.StopContainerAsync(name);
        }
    }

    public async Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command)
    {
        int processId = (await server.StatusAsync()).Containers.Single(container => container.Name == name).ProcessId!.Value;
        string[] enter = ["--target", processId.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--net", "--root", "--wd",
            .. userNamespace ? ["--user"] : Array.Empty<string>(), "--"];
        return (await Command.RunAsync("nsenter", [.. enter, .. command], TimeSpan.FromMinutes(5))).OutputOrThrow();
    }
}
