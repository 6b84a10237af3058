using System.Globalization;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Cli;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>Whoever may read a file may lock it (flock(2)), which is nothing to the server: it reads what it needs all the same.</summary>
public sealed class ForeignLocksTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("locks");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private readonly List<SafeFileHandle> _locks = [];
    private ServerUnderTest? _server;

    private ServerUnderTest Server => _server!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _locks.ForEach(held => held.Dispose());
        if (_server is not null)
        {
            await _runtime.RemoveAsync(Server, _name);
        }

        await CleanUp.AllAsync(CleanUp.Of(_server), CleanUp.Of(_host));
    }

    [Fact]
    public async Task WhatAnybodyHasLockedIsReadAllTheSame()
    {
        File.WriteAllText(_host["file"], "content");
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": { "_automount": { "{{_host["file"]}}": { "target": "/file" }, "{{_host["later"]}}": { "target": "/later" } } } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, "/file", "attached");
        Assert.Equal("content", (await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "cat", "/file")).Output);
        int processId = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
        await Server.StopAsync();

        Lock(_host["file"]);
        foreach (string file in (string[])["stat", "status", "cgroup", "environ", "cmdline", "mountinfo", "uid_map", "gid_map", "ns/user", "ns/mnt", "ns/net", "ns/pid"])
        {
            Lock(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}"));
        }

        await Server.StartAsync();
        await Server.UntilBindingAsync(_name, "/file", "attached");
        File.WriteAllText(_host["later"], "later");
        await Server.UntilBindingAsync(_name, "/later", "attached");

        // Nor is it to a client that is started.
        await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "true");
        Lock(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/root/dev/.container-manager/client"));
        await Server.ReloadAsync(_runtime.Plugin);
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
        Ran read = await ContainerUtil.RunAsync(Server.Socket, "-c", _name, "run", "--", "cat", "/file", "/later");
        Assert.True(read.Output == "contentlater", $"{read}\n{Server.Log}");
        StatusReply status = await Server.StatusAsync();
        Assert.Equal(processId, Assert.Single(status.Containers, container => container.Name == _name).ProcessId);
    }

    /// <summary>As flock -x does; the mode of sharing is .NET's name for it.</summary>
    private void Lock(string path) => _locks.Add(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None));
}
