using System.Globalization;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>What stands between a program and a binding that is mounted: how it is mounted, what lies above it, what lies over it.</summary>
public sealed class CheckCausesTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("causes");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private ServerUnderTest? _server;
    private StallingFileSystem? _stalling;

    private ServerUnderTest Server => _server!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_host["folder"]);
        await File.WriteAllTextAsync(_host["file"], "", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_host["file"], (UnixFileMode)0x1B6);
        (await Command.RunAsync("mknod", ["-m", "666", _host["null"], "c", "1", "3"])).OutputOrThrow();
        _stalling = new StallingFileSystem(_host["stalls"]);
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": { "_automount": {
              "{{_host["null"]}}": { "target": "/in/null" },
              "{{_host["file"]}}": { "target": "/in/closed/file" },
              "{{_host["folder"]}}": { "target": "/in/folder" },
              "{{_host["stalls"]}}": { "target": "/in/stalls" }
            } } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        foreach (string target in (string[])["/in/null", "/in/closed/file", "/in/folder", "/in/stalls"])
        {
            await Server.UntilBindingAsync(_name, target, "attached");
        }
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _stalling?.Dispose()), CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)), CleanUp.Of(_server), CleanUp.Of(_host));

    [Fact]
    public async Task EachIsNamed()
    {
        Assert.Equal([("/in/closed/file", null), ("/in/folder", null), ("/in/null", null), ("/in/stalls", null)], await CausesAsync());

        await MountInsideAsync("-o", "remount,bind,nodev", "/in/null");
        Assert.Equal(("/in/null", "nodev"), (await CausesAsync())[2]);

        await _runtime.ExecAsync(Server, _name, "chmod", "0700", "/in/closed");
        Assert.Equal(("/in/closed/file", "way"), (await CausesAsync("--user", "1234"))[0]);
        Assert.Equal(("/in/closed/file", null), (await CausesAsync())[0]);

        await MountInsideAsync("-t", "tmpfs", "none", "/in/folder");
        await Server.UntilAsync(status => status.Containers.SelectMany(container => container.Bindings).Any(binding => binding is { Target: "/in/folder", Reason: not null }));
        Assert.Equal(("/in/folder", "hidden"), (await CausesAsync())[1]);

        _stalling!.Stall();
        Assert.Equal([("/in/closed/file", null), ("/in/folder", "hidden"), ("/in/null", "nodev"), ("/in/stalls", "hangs")], await CausesAsync());
    }

    private async Task MountInsideAsync(params string[] options)
    {
        int process = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
        (await Command.RunAsync("nsenter", ["--mount", "--root", "--target", process.ToString(CultureInfo.InvariantCulture), "mount", .. options])).OutputOrThrow();
    }

    private async Task<(string Target, string? Cause)[]> CausesAsync(params string[] options)
    {
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, ["--json", "check", _name, .. options]);
        Assert.True(ran.Error == "", $"{ran}\n{Server.Log}");
        CheckReply reply = JsonSerializer.Deserialize(ran.Output, ControlJson.Default.CheckReply)!;
        Assert.Equal(reply.Results.All(result => result.Result == "ok") ? 0 : 1, ran.ExitCode);
        return [.. reply.Results.Select(result => (result.Target, result.Cause)).OrderBy(result => result.Target, StringComparer.Ordinal)];
    }
}
