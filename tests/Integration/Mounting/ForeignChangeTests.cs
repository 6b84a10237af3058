using System.Diagnostics;
using System.Globalization;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Control;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Mounting;

/// <summary>Somebody in a container unmounts, moves, hides and covers what the server has mounted there.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ForeignChangeTests : IAsyncLifetime
{
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly TemporaryDirectory _host = new("foreign");
    private readonly NamespacesScenarioRuntime _runtime = new();
    private ServerUnderTest? _server;
    private int _processId;

    private ServerUnderTest Server => _server!;

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(_host["file"], "ours");
        File.WriteAllText(_host["second"], "ours");
        Directory.CreateDirectory(_host["directory"]);
        File.WriteAllText(_host["directory/inner"], "inner");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _runtime.RemoveAsync(Server, _name);
        }

        await CleanUp.AllAsync(CleanUp.Of(_server), CleanUp.Of(_host));
    }

    [Fact]
    public async Task WhatIsTakenAwayComesBack()
    {
        await StartAsync("restore");
        ulong before = await MountIdAsync("/deep/down/file");

        await InsideAsync("umount /deep/down/file");
        Assert.NotEqual(before, before = await AgainAsync("/deep/down/file", before));

        // Moved: there is none left where it was moved to.
        await InsideAsync("touch /elsewhere; mount --move /deep/down/file /elsewhere");
        Assert.NotEqual(before, before = await AgainAsync("/deep/down/file", before));
        Assert.Equal("", await InsideAsync("cat /elsewhere"));
        Assert.Single(MountPoints("/deep/down/file"));

        // Hidden, as systemd does it with /tmp and /run when it boots; and when that goes, what was hidden does not come to light.
        await InsideAsync("mount -t tmpfs none /deep");
        Assert.NotEqual(before, before = await AgainAsync("/deep/down/file", before));
        Assert.Equal("ours", await InsideAsync("cat /deep/down/file"));
        await InsideAsync("umount -l /deep");
        Assert.NotEqual(before, await AgainAsync("/deep/down/file", before));
        Assert.Equal("ours", await InsideAsync("cat /deep/down/file"));
        await Server.UntilBindingAsync(_name, "/deep/down/file", "attached");

        // All at once, one in another.
        ulong outer = await MountIdAsync("/directory"), inner = await MountIdAsync("/directory/inner");
        await InsideAsync("umount -l /directory");
        await AgainAsync("/directory/inner", inner);
        await AgainAsync("/directory", outer);
        Assert.Equal("ours", await InsideAsync("cat /directory/inner"));

        // And everything goes, as always.
        File.Delete(_host["file"]);
        File.Delete(_host["second"]);
        await Server.UntilGoneAsync(_name, "/deep/down/file");
        await Server.UntilGoneAsync(_name, "/directory/inner");
        Assert.Empty(MountPoints("/deep/down/file"));
        Assert.Equal("absent", await InsideAsync("test -e /deep/down/file || echo absent"));
        Assert.Equal("inner", await InsideAsync("cat /directory/inner"));
        Server.AssertEveryThreadAtHome();
    }

    /// <summary>The kernel's names are bytes: what lies beneath one that is no text is found as well.</summary>
    [Fact]
    public async Task WhatIsMovedToANameThatIsNoTextIsTakenAwayThere()
    {
        await StartAsync("restore");
        await InsideAsync("mv /deep \"$(printf '/\\377')\"");
        Assert.Single(MountTable.OfProcess(_processId).Mounts, IsOurs);
        File.Delete(_host["file"]);
        await Server.UntilGoneAsync(_name, "/deep/down/file");
        Assert.DoesNotContain(MountTable.OfProcess(_processId).Mounts, IsOurs);

        bool IsOurs(MountTableEntry mount) => mount.Root.StartsWith(_host["file"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsCoveredIsSaidAndIsWellAgainWhenThatGoes()
    {
        await StartAsync("restore");
        ulong before = await MountIdAsync("/deep/down/file");
        await InsideAsync("echo theirs > /theirs; mount --bind /theirs /deep/down/file");
        await UntilReasonAsync("somebody in the container has mounted something over it");
        Assert.Equal("theirs", await InsideAsync("cat /deep/down/file"));
        await InsideAsync("umount /deep/down/file");
        await UntilReasonAsync(null);
        Assert.Equal(before, await MountIdAsync("/deep/down/file"));

        // What cannot be reached when it is to go, goes as soon as it can.
        await InsideAsync("mount --bind /theirs /deep/down/file");
        await UntilReasonAsync("somebody in the container has mounted something over it");
        Server.Configure("{}");
        await Server.UntilGoneAsync(_name, "/deep/down/file");
        Assert.Equal("theirs", await InsideAsync("cat /deep/down/file"));
        await InsideAsync("umount /deep/down/file");
        await MountTableChange.UntilAsync(_processId, table => table.Mounts.All(mount => mount.MountPoint != "/deep/down/file"), ServedEngine.Deadline);
    }

    /// <summary>With our mount point the kernel would take away what lies on it, which is not ours; and what is ours goes when it comes to light.</summary>
    [Fact]
    public async Task WhatIsCoveredWhenTheServerIsKilledIsFoundAgainWhenThatGoes()
    {
        await StartAsync("restore");
        await InsideAsync("echo theirs > /theirs; mount --bind /theirs /deep/down/file");
        await UntilReasonAsync("somebody in the container has mounted something over it");
        Server.Configure("{}");
        await Server.UntilGoneAsync(_name, "/deep/down/file");
        await Server.KillAsync();
        await Server.StartAsync();
        await Server.UntilAsync(reply => reply.Containers.Any(container => container.Name == _name && container.State == "running"));
        Assert.Equal("theirs", await InsideAsync("cat /deep/down/file"));
        await InsideAsync("umount /deep/down/file");
        await MountTableChange.UntilAsync(_processId, table => table.Mounts.All(mount => mount.MountPoint != "/deep/down/file"), ServedEngine.Deadline);
    }

    /// <summary>As before, but the rule is there still: what is theirs stays, beneath ours.</summary>
    [Fact]
    public async Task WhatCoversOursIsNotTakenAwayByANewServer()
    {
        await StartAsync("restore");
        await InsideAsync("echo theirs > /theirs; mount --bind /theirs /deep/down/file");
        await UntilReasonAsync("somebody in the container has mounted something over it");
        await Server.KillAsync();
        await Server.StartAsync();
        await Server.UntilBindingAsync(_name, "/deep/down/file", "attached");
        Assert.Equal("ours", await InsideAsync("cat /deep/down/file"));
        Assert.Single(MountPoints("/deep/down/file"), mount => mount.Root == "/theirs");
        Server.Configure("{}");
        await Server.UntilGoneAsync(_name, "/deep/down/file");
        Assert.Equal("theirs", await InsideAsync("cat /deep/down/file"));
        await InsideAsync("umount /deep/down/file");
        await MountTableChange.UntilAsync(_processId, table => table.Mounts.All(mount => mount.MountPoint != "/deep/down/file"), ServedEngine.Deadline);
    }

    [Fact]
    public async Task WhatIsToBeReportedOnlyIsLeftAsItIs()
    {
        await StartAsync("report");
        await InsideAsync("umount /deep/down/file");
        BindingStatus failed = await Server.UntilBindingAsync(_name, "/deep/down/file", "failed");
        Assert.StartsWith("somebody in the container has unmounted it; _on_foreign_change has it left so", failed.Reason, StringComparison.Ordinal);
        Assert.Empty(MountPoints("/deep/down/file"));
        File.WriteAllText(_host["new"], "new");
        File.Move(_host["new"], _host["file"], overwrite: true);
        await Server.UntilBindingAsync(_name, "/deep/down/file", "attached");
        Assert.Equal("new", await InsideAsync("cat /deep/down/file"));
    }

    /// <summary>Someone who unmounts again and again as soon as it is there is answered ever later: nobody is kept busy.</summary>
    [Fact]
    public async Task WhoUndoesItAgainAndAgainIsAnsweredLessAndLessOften()
    {
        await StartAsync("restore");
        await using BackgroundProcess undoing = new(_host["log"], "nsenter", ["--mount", "--pid", "--root", "--wd", "--target", _processId.ToString(CultureInfo.InvariantCulture), "sh", "-c", "while :; do umount /deep/down/file 2> /dev/null; done"]);
        await Server.UntilAsync(_ => Times() >= 4);
        TimeSpan busy = ProcessorTime();
        int before = Times();
        await Server.UntilAsync(_ => Times() >= before + 1);
        Assert.True(ProcessorTime() - busy < TimeSpan.FromSeconds(1), $"{ProcessorTime() - busy}");
        await undoing.KillAsync();
        await Server.UntilBindingAsync(_name, "/deep/down/file", "attached");
    }

    private int Times() => Server.Log.Split("ForeignChange").Length - 1;

    private TimeSpan ProcessorTime()
    {
        using Process server = Process.GetProcessById(Server.ProcessId);
        return server.TotalProcessorTime;
    }

    private async Task StartAsync(string policy)
    {
        _server = new ServerUnderTest([_runtime.Plugin], $$"""
            { "containerConfigs": { "{{_name}}": {
                "_on_foreign_change": "{{policy}}",
                "_automount": {
                  "{{_host["file"]}}": { "target": "/deep/down/file" },
                  "{{_host["directory"]}}": { "target": "/directory" },
                  "{{_host["second"]}}": { "target": "/directory/inner" } } } } }
            """);
        await Server.StartAsync();
        await _runtime.StartAsync(Server, _name);
        await Server.UntilBindingAsync(_name, "/deep/down/file", "attached");
        await Server.UntilBindingAsync(_name, "/directory/inner", "attached");
        _processId = (await Server.StatusAsync()).Containers.Single(container => container.Name == _name).ProcessId!.Value;
    }

    private async Task<ulong> MountIdAsync(string target) => (await Server.UntilBindingAsync(_name, target, "attached")).MountId!.Value;

    /// <summary>As another mount than before.</summary>
    private Task<ulong> AgainAsync(string target, ulong before) => Server.UntilMountedAgainAsync(_name, target, before);

    private Task<StatusReply> UntilReasonAsync(string? reason) =>
        Server.UntilAsync(reply => ServerUnderTest.Find(reply, _name, "/deep/down/file") is { State: "attached" } binding && binding.Reason == reason);

    /// <summary>What lies in the container's table at a path.</summary>
    private MountTableEntry[] MountPoints(string path) => [.. MountTable.OfProcess(_processId).Mounts.Where(mount => mount.MountPoint == path)];

    /// <summary>As the host's root in the container's mount namespace: the container's own may not, as a rule.</summary>
    private async Task<string> InsideAsync(string script) =>
        (await Command.RunAsync("nsenter", ["--mount", "--pid", "--root", "--wd", "--target", _processId.ToString(CultureInfo.InvariantCulture), "sh", "-ec", script])).OutputOrThrow().TrimEnd('\n');
}
