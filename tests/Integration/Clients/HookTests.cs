using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Devices;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>Commands that are run inside when something happens there.</summary>
public sealed class HookTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("hooks");
    private readonly VirtualConsole _console = new(51);
    private ServerUnderTest? _server;
    private UdevBed? _udev;

    private ServerUnderTest Server => _server!;

    private string Source => _directory["source"];

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Source);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CleanUp.AllAsync(
        CleanUp.Of(() => _server is null ? Task.CompletedTask : Server.StopContainerAsync(_name)),
        CleanUp.Of(_server), CleanUp.Of(_console), CleanUp.Of(_udev), CleanUp.Of(_directory));

    [Fact]
    public async Task WhatIsMountedAndTakenAwayIsToldInOrder()
    {
        GrowingFile heard = await StartAsync($$"""
            "_inotify_watch": { "{{Source}}": { "target": "/seen" } },
            "_on_attach": ["sh", "-c", "echo $CONTAINER_MANAGER_EVENT $CONTAINER_MANAGER_SOURCE $CONTAINER_MANAGER_TARGET >> /tmp/heard"],
            "_on_detach": ["sh", "-c", "echo $CONTAINER_MANAGER_EVENT $CONTAINER_MANAGER_TARGET >> /tmp/heard; echo said; exit 3"]
            """);
        for (int i = 0; i < 5; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(Source, "file"), "x", TestContext.Current.CancellationToken);
            await Server.UntilBindingAsync(_name, "/seen/file", "attached");
            File.Delete(Path.Combine(Source, "file"));
            await Server.UntilGoneAsync(_name, "/seen/file");
        }

        string once = $"attach {Source}/file /seen/file\ndetach /seen/file\n";
        await heard.UntilAsync(text => text.Length >= once.Length * 5, Deadline);
        Assert.Equal(string.Concat(Enumerable.Repeat(once, 5)), heard.Text);
        await Server.UntilLoggedAsync("hook-failed");
        Assert.Contains("status 3: said", Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADeviceIsToldWithItsProperties()
    {
        _udev = await UdevBed.StartAsync();
        GrowingFile heard = await StartAsync($$"""
            "_filter_udev_events": true, "_udev_filters": [{ "devnode": "{{_console.Node}}" }],
            "_on_udev": ["sh", "-c", "echo $ACTION $DEVNAME $ID_CM_TEST >> /tmp/heard"]
            """);
        _console.Plug();
        await heard.UntilAsync(text => text.Contains($"add {_console.Node} vc\n", StringComparison.Ordinal), Deadline);
        await _console.UnplugAsync();
        await heard.UntilAsync(text => text.Contains($"remove {_console.Node}", StringComparison.Ordinal), Deadline);
    }

    [Fact]
    public async Task AHookThatCannotBeRunIsTold()
    {
        await StartAsync($$"""
            "_client": "never", "_inotify_watch": { "{{Source}}": { "target": "/seen" } }, "_on_attach": ["true"]
            """);
        await File.WriteAllTextAsync(Path.Combine(Source, "file"), "x", TestContext.Current.CancellationToken);
        await Server.UntilLoggedAsync("hook-failed");
        Ran events = await ContainerUtil.RunAsync(Server.Socket, "events");
        Assert.Contains("hook-failed", events.Output, StringComparison.Ordinal);
    }

    private async Task<GrowingFile> StartAsync(string rules)
    {
        _server = new ServerUnderTest(["Namespaces"], $$"""{ "containerConfigs": { "{{_name}}": { {{rules}} } } }""");
        await Server.StartAsync();
        ContainerStatus started = await Server.SpawnAsync(new SpawnRequest(_name, ["sleep", "infinity"], Root: null, HostNetwork: false, UserNamespace: false));
        return new GrowingFile($"/proc/{started.ProcessId}/root/tmp/heard");
    }
}
