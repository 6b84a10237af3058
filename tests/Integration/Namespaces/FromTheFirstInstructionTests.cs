using System.Diagnostics;
using System.Globalization;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>What is configured for a light container is there before its command begins: a program that looks only once does not look in vain.</summary>
[Collection(nameof(AloneCollection))]
public sealed class FromTheFirstInstructionTests : IAsyncLifetime
{
    private const int Times = 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("first");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly VirtualConsole _console = new(53);
    private UdevBed? _udev;
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _udev = await UdevBed.StartAsync();
        await File.WriteAllTextAsync(_directory["file"], "content", Stop);
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)), CleanUp.Of(_server), CleanUp.Of(_console), CleanUp.Of(_udev), CleanUp.Of(_directory));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheCommandFindsAll(bool userNamespace)
    {
        _console.Plug();
        await UdevBed.SettleAsync();
        await StartAsync();
        for (int i = 0; i < Times; i++)
        {
            ContainerStatus container = await SpawnAsync(userNamespace, "cat /file && ls -l /dev/vcs53 /run/udev/control && udevadm info /dev/vcs53; echo end; sleep infinity");
            string said = await SaidAsync(container, "end\n");
            Assert.True(said.StartsWith("content", StringComparison.Ordinal) && said.Contains("E: ID_CM_TEST=", StringComparison.Ordinal), $"time {i}:\n{said}\n{Server.Log}");
            await Server.StopContainerAsync(_name);
        }
    }

    /// <summary>libudev looks for a udev once, when a program begins to listen.</summary>
    [Fact]
    public async Task ACommandThatListensAtOnceIsTold()
    {
        await StartAsync();
        ContainerStatus container = await SpawnAsync(userNamespace: false, "exec stdbuf -oL udevadm monitor --udev");
        await SaidAsync(container, "UDEV - ");
        _console.Plug();
        await SaidAsync(container, $"add      {_console.DevPath}");
    }

    /// <summary>A path that never answers keeps the container from having it, and not from running.</summary>
    [Fact]
    public async Task APathThatHangsHoldsNothingUpForLong()
    {
        using StallingFileSystem stalling = new(_directory["stalling"]);
        stalling.Stall();
        await StartAsync($$""", "{{_directory["stalling/file"]}}": { "target": "/stalling" }""");
        long begun = Stopwatch.GetTimestamp();
        ContainerStatus container = await SpawnAsync(userNamespace: false, "cat /file; echo end; sleep infinity");
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 4.9, 12);
        await SaidAsync(container, "contentend");
    }

    /// <summary>Nor does one that waits hold up others that are configured after it.</summary>
    [Fact]
    public async Task APathThatHangsHoldsUpNoOtherContainer()
    {
        using StallingFileSystem stalling = new(_directory["stalling"]);
        stalling.Stall();
        string second = _name + "2";
        const string Command = """{ "command": ["sh", "-c", "echo ran; sleep infinity"] }""";
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": {
                "{{_name}}": { "_automount": { "{{_directory["stalling/file"]}}": { "target": "/stalling" } }, "_namespace": {{Command}} },
                "{{second}}": { "_namespace": {{Command}} } } }
            """);
        await Server.StartAsync();
        try
        {
            ContainerStatus[] both = [.. (await Server.UntilAsync(reply => reply.Containers.Count(container => container.State == "running") == 2)).Containers.OrderBy(container => container.Name.Length)];
            await Task.WhenAll(both.Select(container => SaidAsync(container, "ran")));
            Assert.True(File.GetLastWriteTimeUtc(LogOf(both[1])) < File.GetLastWriteTimeUtc(LogOf(both[0])));
        }
        finally
        {
            await Server.StopContainerAsync(second);
        }
    }

    /// <summary>One that has come into the configuration, and is to be started by a copy of the plugin that goes: the next copy starts it.</summary>
    [Fact]
    public async Task AReloadOfThePluginLosesNoStart()
    {
        using StallingFileSystem stalling = new(_directory["stalling"]);
        stalling.Stall();
        _server = new ServerUnderTest([_runtime.Plugin], "{}");
        await Server.StartAsync();
        Server.Configure($$"""
            { "containerConfigs": { "{{_name}}": {
                "_automount": { "{{_directory["stalling/file"]}}": { "target": "/stalling" } },
                "_namespace": { "command": ["sh", "-c", "echo ran; sleep infinity"] } } } }
            """);
        ContainerStatus held = await RunningAsync(except: null);
        Assert.Equal("loaded", (await Server.ReloadAsync(_runtime.Plugin)).State);
        await SaidAsync(await RunningAsync(except: held.ProcessId), "ran");
    }

    private async Task<ContainerStatus> RunningAsync(int? except)
    {
        StatusReply status = await Server.UntilAsync(reply => reply.Containers.Any(IsIt));
        return status.Containers.Single(IsIt);

        bool IsIt(ContainerStatus container) => container.Name == _name && container.State == "running" && container.ProcessId != except;
    }

    private async Task StartAsync(string morePaths = "")
    {
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": {
                "_automount": { "{{_directory["file"]}}": { "target": "/file" }{{morePaths}} },
                "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }] } } }
            """);
        await Server.StartAsync();
    }

    private Task<ContainerStatus> SpawnAsync(bool userNamespace, string script) =>
        Server.SpawnAsync(new SpawnRequest(_name, ["sh", "-c", script], Root: null, HostNetwork: false, UserNamespace: userNamespace));

    /// <summary>What the command has written, once that is part of it.</summary>
    private static async Task<string> SaidAsync(ContainerStatus container, string text)
    {
        GrowingFile log = new(LogOf(container));
        await log.UntilAsync(said => said.Contains(text, StringComparison.Ordinal), Deadline);
        return log.Text;
    }

    private static string LogOf(ContainerStatus container) => string.Create(CultureInfo.InvariantCulture, $"/proc/{container.ProcessId}/root/run/payload.log");
}
