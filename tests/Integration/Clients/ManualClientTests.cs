using System.Text.RegularExpressions;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Crashes;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Docker;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>
/// The seed project's manual flow with an engine that a plugin knows: <c>docker run -v /yacc/NAME:/yacc:rslave</c>, <c>client</c> started by hand inside, and a
/// server that the kernel lets into no namespace.
/// </summary>
[Collection(nameof(DockerCollection))]
public sealed class ManualClientTests(DockerEngineFixture fixture) : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("manual");
    private readonly VirtualConsole _console = new(53);
    private ServerUnderTest? _server;
    private UdevBed? _udev;

    private ServerUnderTest Server => _server!;

    private string Source => _directory["source"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        Directory.CreateDirectory(_directory["yacc"]);
        (await Command.RunAsync("gcc", ["-O1", "-o", _directory["nosetns"], Path.Combine(AppContext.BaseDirectory, "Clients/nosetns.c")])).OutputOrThrow();
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => fixture.Engine.RemoveAsync(_name)), CleanUp.Of(_server), CleanUp.Of(_console), CleanUp.Of(_udev), CleanUp.Of(_directory));

    [Fact]
    public async Task FilesAndDeviceNodesComeAndGoWhereTheServerMayNotEnter()
    {
        _udev = await UdevBed.StartAsync();
        await StartAsync("--cap-add", "SYS_ADMIN", "--volume", $"{_directory["yacc"]}/{_name}:/yacc:rslave");
        await File.WriteAllTextAsync(Path.Combine(Source, "early"), "one", Stop);
        await Server.UntilBindingAsync(_name, "/seen/early", "failed");
        await StartClientAsync();
        await Server.UntilBindingAsync(_name, "/seen/early", "attached");
        Assert.Equal("one", await ExecAsync("cat", "/seen/early"));

        await File.WriteAllTextAsync(Path.Combine(Source, "later"), "two", Stop);
        await Server.UntilBindingAsync(_name, "/seen/later", "attached");
        Assert.Equal("two", await ExecAsync("cat", "/seen/later"));
        File.Delete(Path.Combine(Source, "later"));
        await Server.UntilGoneAsync(_name, "/seen/later");
        Assert.Equal("early", await ExecAsync("ls", "/seen"));

        _console.Plug();
        await Server.UntilBindingAsync(_name, _console.Node, "attached");
        Assert.Equal("device", await ExecAsync("sh", "-c", $"head -c 1 {_console.Node} > /dev/null && test -c {_console.Node} && echo device"));
        await _console.UnplugAsync();
        await Server.UntilGoneAsync(_name, _console.Node);
        Assert.Equal("gone", await ExecAsync("sh", "-c", $"test -e {_console.Node} || echo gone"));

        // Programs run through the same client.
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "echo", "inside");
        Assert.True(ran is { ExitCode: 0, Output: "inside\n" }, $"{ran}\n{Server.Log}");
        Assert.Equal("", await ExecAsync("sh", "-c", "ls /yacc/binds /yacc/udev | grep -v : | tr -d '\\n'"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProgramsAreToldOfDevicesByTheClient(bool mayTell)
    {
        _udev = await UdevBed.StartAsync();
        await StartAsync([.. mayTell ? (string[])["--cap-add", "NET_ADMIN"] : [], "--cap-add", "SYS_ADMIN", "--volume", "/usr:/host-usr:ro", "--volume", $"{_directory["yacc"]}/{_name}:/yacc:rslave"]);
        await StartClientAsync();
        await Server.UntilBindingAsync(_name, "/run/udev", "attached");
        GrowingFile heard = new(_directory["heard"]);
        await using BackgroundProcess monitor = new(
            _directory["heard"], "docker", "--host", fixture.Engine.Address, "exec", _name, "sh", "-c", $"exec {UdevMonitor.Udevadm} monitor --udev --property");
        await heard.UntilAsync(text => text.Contains("\n\n", StringComparison.Ordinal), Deadline);
        _console.Plug();
        await Server.UntilBindingAsync(_name, _console.Node, "attached");
        if (mayTell)
        {
            await heard.UntilAsync(text => text.Contains("ID_CM_TEST=", StringComparison.Ordinal), Deadline);
            await _console.UnplugAsync();
            await heard.UntilAsync(text => text.Contains("ACTION=remove", StringComparison.Ordinal), Deadline);
            Assert.Equal((1, 1), (Regex.Count(heard.Text, "^ACTION=add$", RegexOptions.Multiline), Regex.Count(heard.Text, "^ACTION=remove$", RegexOptions.Multiline)));
        }
        else
        {
            await Server.UntilLoggedAsync("DeviceFailed");
            Ran devices = await ContainerUtil.RunAsync(Server.Socket, "devices", _name);
            Assert.Contains("needs CAP_NET_ADMIN", devices.Output, StringComparison.Ordinal);
        }
    }

    /// <summary>It is killed between its mount and its answer: what it has mounted is known, is used, and goes.</summary>
    [Fact]
    public async Task WhatAClientHasMountedThatIsKilledThenIsNotForgotten()
    {
        string tracing = await SystemCallTracer.CompileAsync(_directory.FullPath);
        await StartAsync("--cap-add", "SYS_ADMIN", "--volume", $"{_directory["yacc"]}/{_name}:/yacc:rslave");
        await StartClientAsync();

        // It mounts that, too.
        await Server.UntilBindingAsync(_name, "/run/udev", "attached");
        StatusReply status = await Server.UntilAsync(reply => reply.Containers.Any(container => container.Client is { State: "running" }));
        string first = $"/proc/{status.Containers.Single(container => container.Name == _name).ProcessId}";
        string? inside = new FileInfo($"{first}/ns/mnt").LinkTarget;
        int client = ProcessFacts.All.Single(process => ProcessFacts.Read(process, "cmdline") == "/client\0" && new FileInfo($"/proc/{process}/ns/mnt").LinkTarget == inside);
        await using (SystemCallTracer tracer = await SystemCallTracer.FollowAsync(tracing, client, new CrashPoint("move_mount", 1, After: true, ChangeWhileDead: false)))
        {
            await File.WriteAllTextAsync(Path.Combine(Source, "file"), "one", Stop);
            await tracer.Ended.WaitAsync(Deadline, Stop);
            Assert.True(tracer.Killed, string.Join(", ", tracer.Calls));
        }

        BindingStatus binding = await Server.UntilBindingAsync(_name, "/seen/file", "attached");
        Assert.Equal(FileStatus.OfPath($"{first}/root/seen/file")?.MountId, binding.MountId);
        await StartClientAsync();
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Client is { State: "running" }));
        File.Delete(Path.Combine(Source, "file"));
        await Server.UntilGoneAsync(_name, "/seen/file");
        Assert.Equal("", await ExecAsync("sh", "-c", "grep -c ' /seen' /proc/self/mountinfo | tr -d '0\\n'; ls -A / | grep -x seen | tr -d '\\n'"));
    }

    /// <summary>What the user has to do is said, and not only that it failed.</summary>
    [Theory]
    [InlineData("CAP_SYS_ADMIN", ":rslave")]
    [InlineData("must be a slave", ":rprivate", "--cap-add", "SYS_ADMIN")]
    public async Task WhatIsMissingIsNamed(string said, string propagation, params string[] options)
    {
        await StartAsync([.. options, "--volume", $"{_directory["yacc"]}/{_name}:/yacc{propagation}"]);
        await StartClientAsync();
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Client is { State: "running" }));
        await File.WriteAllTextAsync(Path.Combine(Source, "file"), "one", Stop);
        Assert.Contains(said, (await Server.UntilBindingAsync(_name, "/seen/file", "failed")).Reason, StringComparison.Ordinal);
    }

    private async Task StartAsync(params string[] options)
    {
        _server = new ServerUnderTest(
            ["Docker"],
            $$"""
            {
              "containerConfigs": { "{{_name}}": {
                "_inotify_watch": { "{{Source}}": { "target": "/seen" } },
                "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }]
              } },
              "settings": { "bindRoot": "{{_directory["yacc"]}}", "plugins": { "Docker": { "sockets": ["{{fixture.Engine.Address}}"] } } }
            }
            """)
        {
            Wrapper = [_directory["nosetns"]],
        };
        await Server.StartAsync();
        string client = Path.Combine(Path.GetDirectoryName(Installation.Server)!, "client");
        await fixture.Engine.RunAsync(_name, [.. options, "--volume", $"{client}:/client:ro"]);
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
    }

    private async Task StartClientAsync() => (await fixture.Engine.DockerAsync("exec", "--detach", _name, "/client")).OutputOrThrow();

    private async Task<string> ExecAsync(params string[] command) => (await fixture.Engine.ExecAsync(_name, command)).OutputOrThrow();
}
