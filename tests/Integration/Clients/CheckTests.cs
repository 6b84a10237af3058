using System.Net.Sockets;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>A look from inside: what programs of a container get of what is bound there, and why not.</summary>
[Collection(nameof(DockerCollection))]
public sealed class CheckTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("check");
    private readonly VirtualConsole _console = new(52);
    private readonly List<IDisposable> _open = [];
    private ServerUnderTest? _server;
    private UdevBed? _udev;

    private ServerUnderTest Server => _server!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _open.ForEach(open => open.Dispose());
        return CleanUp.AllAsync(
            CleanUp.Of(() => fixture.Engine.RemoveAsync(_name)), CleanUp.Of(_server), CleanUp.Of(_console), CleanUp.Of(_udev), CleanUp.Of(_directory));
    }

    [Fact]
    public async Task EachIsSaidToWorkOrWhyNot()
    {
        _udev = await UdevBed.StartAsync();
        _console.Plug();
        Directory.CreateDirectory(_directory["folder"]);
        await File.WriteAllTextAsync(_directory["open"], "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["private"], "", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_directory["open"], (UnixFileMode)0x1B6);
        File.SetUnixFileMode(_directory["private"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Listen("answers", leave: false);
        Listen("silent", leave: true);
        await StartAsync($$"""
            "_automount": {
              "{{_directory["folder"]}}": { "target": "/in/folder", "readOnly": true },
              "{{_directory["open"]}}": { "target": "/in/open" },
              "{{_directory["private"]}}": { "target": "/in/private" },
              "{{_directory["answers"]}}": { "target": "/in/answers" },
              "{{_directory["silent"]}}": { "target": "/in/silent" },
              "{{_directory["later"]}}": { "target": "/in/later" }
            },
            "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}", "permission": false }]
            """);
        foreach (string target in (string[])["/in/folder", "/in/open", "/in/private", "/in/answers", "/in/silent", _console.Node])
        {
            await Server.UntilBindingAsync(_name, target, "attached");
        }

        Dictionary<string, CheckResult> root = await CheckAsync();
        Assert.Equal(("ok", (string?)null), Of(root, "/in/folder"));
        Assert.Equal(("ok", null), Of(root, "/in/open"));
        Assert.Equal(("ok", null), Of(root, "/in/private"));
        Assert.Equal(("ok", null), Of(root, "/in/answers"));
        Assert.Equal(("failed", "stale"), Of(root, "/in/silent"));
        Assert.Equal(("missing", "waiting"), Of(root, "/in/later"));
        Assert.Equal(("failed", "cgroup"), Of(root, _console.Node));

        Dictionary<string, CheckResult> user = await CheckAsync("--user", "1234:55");
        Assert.Equal(("ok", null), Of(user, "/in/open"));
        Assert.Equal(("failed", "mode"), Of(user, "/in/private"));
        Assert.Contains("0600 0:0", user["/in/private"].Detail, StringComparison.Ordinal);
        Assert.Contains("1234", user["/in/private"].Detail, StringComparison.Ordinal);

        (await fixture.Engine.ExecAsync(_name, "sh", "-c", "rm -f /in/open; mkdir -p /in/other")).OutputOrThrow();
        Ran words = await ContainerUtil.RunAsync(Server.Socket, "check", _name);
        Assert.Equal(1, words.ExitCode);
        Assert.Contains("nobody listens on the socket (stale)", words.Output, StringComparison.Ordinal);
    }

    private void Listen(string name, bool leave)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory[name]));
        socket.Listen();
        File.SetUnixFileMode(_directory[name], (UnixFileMode)0x1B6);
        if (leave)
        {
            // .NET removes the file of a socket that it closes.
            File.Move(_directory[name], _directory[name] + ".kept");
            socket.Dispose();
            File.Move(_directory[name] + ".kept", _directory[name]);
        }
        else
        {
            _open.Add(socket);
        }
    }

    private async Task StartAsync(string rules)
    {
        _server = new ServerUnderTest(["Docker"], $$"""
            { "containerConfigs": { "{{_name}}": { {{rules}} } }, "settings": { "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } } } }
            """);
        await Server.StartAsync();
        await fixture.Engine.RunAsync(_name);
    }

    private async Task<Dictionary<string, CheckResult>> CheckAsync(params string[] options)
    {
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, ["--json", "check", _name, .. options]);
        Assert.True(ran is { ExitCode: 1, Error: "" }, $"{ran}\n{Server.Log}");
        using HttpClient http = ServedEngine.Client(Server.Socket);
        (await DescribedJson.OfAsync(http, TestContext.Current.CancellationToken)).AssertFits(ran.Output, "CheckReply");
        return JsonSerializer.Deserialize(ran.Output, ControlJson.Default.CheckReply)!.Results.ToDictionary(result => result.Target);
    }

    private static (string Result, string? Cause) Of(Dictionary<string, CheckResult> results, string target) => (results[target].Result, results[target].Cause);
}
