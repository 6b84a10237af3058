using System.Diagnostics;
using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Tests.Integration.Crashes;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>
/// The seed project's way: the container has <c>/yacc/NAME</c> as <c>/yacc</c>, and <c>client</c> was started in it by hand. No plugin knows it, and the kernel
/// lets the server into no namespace.
/// </summary>
public sealed class ManualClientScenarioTests() : ScenarioTests(new ManualClientScenarioRuntime())
{
    /// <summary>Mounted over, it is mounted again, and what lies beneath is taken away when it comes to light: by the client, since the server may not.</summary>
    [Fact]
    public async Task WhatWasMountedOverGoesWhenItComesToLight()
    {
        File.WriteAllText(Host["file"], "ours");
        await StartAsync($$"""{ "_automount": { "{{Host["file"]}}": { "target": "/deep/down/file" } }, "_on_foreign_change": "restore" }""");
        ulong first = (await Server.UntilBindingAsync(Name, "/deep/down/file", "attached")).MountId!.Value;

        await ExecAsync("mount", "-t", "tmpfs", "none", "/deep");
        ulong second = await Server.UntilMountedAgainAsync(Name, "/deep/down/file", first);
        await UntilMountedAsync("/deep", "/deep/down/file", "/deep/down/file");

        // The first comes to light, and is there until it is taken away: what is mounted then is a third.
        await ExecAsync("umount", "-l", "/deep");
        await Server.UntilMountedAgainAsync(Name, "/deep/down/file", second);
        await UntilMountedAsync("/deep/down/file");
        Assert.Equal("ours", await ExecAsync("cat", "/deep/down/file"));

        // Not wanted any more while something lies over it.
        await ExecAsync("mount", "-t", "tmpfs", "none", "/deep");
        await UntilMountedAsync("/deep", "/deep/down/file", "/deep/down/file");
        File.Delete(Host["file"]);
        await UntilMountedAsync("/deep", "/deep/down/file");
        await ExecAsync("umount", "-l", "/deep");
        await UntilMountedAsync();
        await Server.UntilGoneAsync(Name, "/deep/down/file");
    }

    /// <summary>Before it has written down what the client will mount and after, and when the client has mounted and after. (The client lives on.)</summary>
    [Theory]
    [InlineData("pwrite64", false)]
    [InlineData("pwrite64", true)]
    [InlineData("umount2", false)]
    [InlineData("umount2", true)]
    public async Task AServerThatIsKilledWhileTheClientMountsLeavesNothingThatTheNextOneDoesNotKnow(string call, bool after)
    {
        string tracing = await SystemCallTracer.CompileAsync(Host.FullPath);
        await StartAsync($$"""{ "_automount": { "{{Host["first"]}}": { "target": "/first" }, "{{Host["file"]}}": { "target": "/deep/file" } } }""");

        // Which strategy it is has been found out by then.
        File.WriteAllText(Host["first"], "first");
        await Server.UntilBindingAsync(Name, "/first", "attached");
        await using (SystemCallTracer tracer = await SystemCallTracer.FollowAsync(tracing, Server.ProcessId, new CrashPoint(call, 1, after, ChangeWhileDead: false)))
        {
            File.WriteAllText(Host["file"], "ours");
            await tracer.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.True(tracer.Killed, string.Join(", ", tracer.Calls));
            await Server.KillAsync();
        }

        // It was killed where it was meant to be: before that there is no record, then there is one, and then a mount of that id.
        string journal = File.ReadAllText(Path.Combine(Server.StateDirectory, "journal"));
        bool written = after || call != "pwrite64", mounted = call == "umount2";
        Assert.Equal(written, journal.Contains("/deep/file", StringComparison.Ordinal));
        Assert.Equal(mounted, FileStatus.OfPath(Inside("/deep/file")) is { } there && journal.Contains(there.MountId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        await Server.StartAsync();
        await Server.UntilBindingAsync(Name, "/deep/file", "attached");
        await UntilMountedAsync("/deep/file");
        Assert.Equal("ours", await ExecAsync("cat", "/deep/file"));
        File.Delete(Host["file"]);
        await Server.UntilGoneAsync(Name, "/deep/file");
        await UntilMountedAsync();
        Assert.False(Path.Exists(Inside("/deep")));
    }

    /// <summary>Waits until these mount points, and no other, lie at or below /deep.</summary>
    private Task UntilMountedAsync(params string[] points) => MountTableChange.UntilAsync(
        ProcessId,
        table => table.Mounts.Select(mount => mount.MountPoint).Where(point => point.StartsWith("/deep", StringComparison.Ordinal)).Order().SequenceEqual(points),
        TimeSpan.FromSeconds(60));
}

/// <summary>Containers made with unshare(1), of which the server is told by their client alone.</summary>
internal sealed class ManualClientScenarioRuntime : IScenarioRuntime, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new("manual");
    private readonly Dictionary<string, Process> _clients = [];

    public string Plugin => "Namespaces";

    public string Settings => "{}";

    public int ManyEntries => 1_000;

    public string[] ServerOptions => ["--bind-root", _directory["yacc"]];

    public string[] ServerWrapper => [_directory["nosetns"]];

    private string Root => _directory["root"];

    public async Task PrepareAsync()
    {
        Directory.CreateDirectory(_directory["yacc"]);
        Directory.CreateDirectory(Root);
        (await Command.RunAsync("gcc", ["-O1", "-o", _directory["nosetns"], Path.Combine(AppContext.BaseDirectory, "Clients/nosetns.c")])).OutputOrThrow();
        await BusyboxRoot.WriteTarAsync(_directory["root.tar"]);
        (await Command.RunAsync("tar", ["--extract", "--file", _directory["root.tar"], "--directory", Root])).OutputOrThrow();
        Directory.CreateDirectory(Path.Combine(Root, "yacc"));
        File.Copy(Path.Combine(Path.GetDirectoryName(Installation.Server)!, "client"), Path.Combine(Root, "client"));
    }

    public async Task StartAsync(ServerUnderTest server, string name)
    {
        string root = _directory[$"root-{name}"];
        string script = $"""
            cp -a {Root}/. {root}-upper; mount --bind {root}-upper {root}; mount --rbind {_directory["yacc"]}/{name} {root}/yacc
            mount -t proc proc {root}/proc; mount -t tmpfs none {root}/dev; mount -t tmpfs none {root}/tmp; mount -t tmpfs none {root}/run
            exec chroot {root} /client 2>> {_directory["client.log"]}
            """;
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(root + "-upper");
        _clients[name] = Process.Start("unshare", ["--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts", "sh", "-euc", script]);
        await server.UntilAsync(reply => reply.Containers.Any(container => container.Name == name && container is { State: "running", Runtime: "client" }));
    }

    public async Task RestartAsync(ServerUnderTest server, string name)
    {
        await EndAsync(name);
        await server.UntilAsync(reply => !reply.Containers.Any(container => container.Name == name && container.State == "running"));
        await StartAsync(server, name);
    }

    public Task RemoveAsync(ServerUnderTest server, string name) => EndAsync(name);

    public async Task<string> ExecAsync(ServerUnderTest server, string name, params string[] command)
    {
        int processId = (await server.StatusAsync()).Containers.Single(container => container.Name == name).ProcessId!.Value;
        string[] enter = ["--target", processId.ToString(CultureInfo.InvariantCulture), "--mount", "--pid", "--net", "--root", "--wd", "--"];
        return (await Command.RunAsync("nsenter", [.. enter, .. command], TimeSpan.FromMinutes(5))).OutputOrThrow();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string name in _clients.Keys.ToList())
        {
            await EndAsync(name);
        }

        _directory.Dispose();
    }

    private async Task EndAsync(string name)
    {
        if (_clients.Remove(name, out Process? client))
        {
            // The first process of the container dies with unshare, and all others with it.
            client.Kill();
            await client.WaitForExitAsync(CancellationToken.None);
            client.Dispose();
        }
    }
}
