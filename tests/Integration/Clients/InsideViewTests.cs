using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Clients;

/// <summary>What programs inside see of the host's display and sound, and what the container itself has put in the way.</summary>
public sealed class InsideViewTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _directory = new("view");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly List<Socket> _sockets = [];
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    private string Runtime => _directory["run"];

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Runtime, "pulse"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        await CleanUp.AllAsync(CleanUp.Of(() => _runtime.RemoveAsync(Server, _name)), CleanUp.Of(_server), CleanUp.Of(_directory));
    }

    /// <summary>The variables by which programs find them, with the paths that they have inside; and none for what is not there.</summary>
    [Fact]
    public async Task DisplayAndSoundArePassedWithThePathsThatTheyHaveInside()
    {
        foreach (string socket in (string[])["wayland-7", "pulse/native", "pipewire-0"])
        {
            Listen(Path.Combine(Runtime, socket));
        }

        await File.WriteAllTextAsync(_directory["key"], "", TestContext.Current.CancellationToken);
        await StartAsync($$"""
            "{{Runtime}}/wayland-7": { "target": "/in/wayland" }, "{{Runtime}}/pulse/native": { "target": "/in/pulse" },
            "{{Runtime}}/pipewire-*": { "target": "/in" }, "{{_directory["key"]}}": { "target": "/in/key" }
            """);
        await Task.WhenAll(((string[])["/in/wayland", "/in/pulse", "/in/pipewire-0", "/in/key"]).Select(target => Server.UntilBindingAsync(_name, target, "attached")));

        string[] ours = [$"XDG_RUNTIME_DIR={Runtime}", "WAYLAND_DISPLAY=wayland-7", $"XAUTHORITY={_directory["key"]}", "DISPLAY=:9999"];
        Assert.Equal(
            ["PIPEWIRE_REMOTE=/in/pipewire-0", "PULSE_SERVER=unix:/in/pulse", "WAYLAND_DISPLAY=/in/wayland", "XAUTHORITY=/in/key"], await PassedAsync(ours));
        Assert.Equal(
            ["PIPEWIRE_REMOTE=/in/pipewire-0", "PULSE_SERVER=unix:/in/pulse"],
            await PassedAsync($"XDG_RUNTIME_DIR={Runtime}", $"PULSE_SERVER=unix:{Runtime}/pulse/native", "WAYLAND_DISPLAY=wayland-8"));
        Assert.Empty(await PassedAsync("XDG_RUNTIME_DIR=/nowhere"));
    }

    /// <summary>The container has mounted something of its own over what is bound there: it is attached, and yet nobody sees it.</summary>
    [Fact]
    public async Task WhatTheContainerHasHiddenIsSaidToBeHidden()
    {
        await File.WriteAllTextAsync(_directory["file"], "x", TestContext.Current.CancellationToken);
        await StartAsync($$""" "{{_directory["file"]}}": { "target": "/in/file" } """);
        await Server.UntilBindingAsync(_name, "/in/file", "attached");
        await _runtime.ExecAsync(Server, _name, "sh", "-c", "echo > /theirs && mount --bind /theirs /in/file");
        Ran ran = await ContainerUtil.RunAsync(Server.Socket, "--json", "check", _name);
        CheckResult result = Assert.Single(JsonSerializer.Deserialize(ran.Output, ControlJson.Default.CheckReply)!.Results, result => result.Target == "/in/file");
        Assert.Equal(("failed", "hidden"), (result.Result, result.Cause));
        Assert.Contains("mounted something over it", result.Remedy, StringComparison.Ordinal);
    }

    private void Listen(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _sockets.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
    }

    /// <summary>What a program inside has of the variables that this is about, when we have these.</summary>
    private async Task<string[]> PassedAsync(params string[] ours)
    {
        using Process run = ContainerUtil.StartProgram(
            "/", Server.Socket, "env", ["-i", $"CONTAINER_MANAGER_SOCKET={Server.Socket}", .. ours, ContainerUtil.Binary, "-c", _name, "run", "--display", "--", "env"]);
        run.StandardInput.Close();
        string output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return
        [
            .. output.Split('\n').Where(line => ((string[])["DISPLAY", "WAYLAND", "PULSE", "PIPEWIRE", "XAUTH", "XDG"]).Any(name => line.StartsWith(name, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal),
        ];
    }

    private async Task StartAsync(string paths)
    {
        _server = new ServerUnderTest(["Namespaces"], string.Create(CultureInfo.InvariantCulture, $$"""{ "containerConfigs": { "{{_name}}": { "_automount": { {{paths}} } } } }"""));
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
    }
}
