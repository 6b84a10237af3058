using System.Globalization;
using System.Net.Sockets;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Scenarios;

/// <summary>The main job, for every runtime: what appears on the host is in the running container, and leaves it again.</summary>
public abstract class ScenarioTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _host = new("host");
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..20];
    private readonly IScenarioRuntime _runtime;
    private readonly List<string> _started = [];
    private ServerUnderTest? _server;

    private protected ScenarioTests(IScenarioRuntime runtime) => _runtime = runtime;

    private protected ServerUnderTest Server => _server!;

    private protected string Name => _name;

    private protected TemporaryDirectory Host => _host;

    public async ValueTask InitializeAsync() => await _runtime.PrepareAsync();

    public async ValueTask DisposeAsync()
    {
        await CleanUp.AllAsync(
        [
            .. _started.Select(name => CleanUp.Of(() => _runtime.RemoveAsync(Server, name))),
            CleanUp.Of(_server), CleanUp.Of(_host), CleanUp.Of(_runtime as IAsyncDisposable),
        ]);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task AFileAppearsIsReplacedAndGoes()
    {
        await StartAsync($$"""{ "_automount": { "{{_host["letter"]}}": { "target": "/letter" } } }""");
        await Server.UntilBindingAsync(_name, "/letter", "waiting");
        File.WriteAllText(_host["letter"], "one");
        await Server.UntilBindingAsync(_name, "/letter", "attached");
        Assert.Equal("one", await ExecAsync("cat", "/letter"));
        ulong? first = (await Server.UntilBindingAsync(_name, "/letter", "attached")).MountId;
        File.WriteAllText(_host["letter.new"], "two");
        File.Move(_host["letter.new"], _host["letter"], overwrite: true);
        await Server.UntilAsync(reply => ServerUnderTest.Find(reply, _name, "/letter") is { State: "attached" } binding && binding.MountId != first);
        Assert.Equal("two", await ExecAsync("cat", "/letter"));
        File.Delete(_host["letter"]);
        await Server.UntilGoneAsync(_name, "/letter");
        Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /letter || echo gone"));
        Server.AssertEveryThreadAtHome();
    }

    [Fact]
    public async Task AReplacedFileIsNeverMissing()
    {
        File.WriteAllText(_host["letter"], "0");
        await StartAsync($$"""{ "_automount": { "{{_host["letter"]}}": { "target": "/letter" }, "{{_host["end"]}}": { "target": "/end" } } }""");
        await Server.UntilBindingAsync(_name, "/letter", "attached");
        Task<string> reader = ExecAsync("sh", "-c", "touch /tmp/begun; m=0; n=0; while ! test -e /end; do cat /letter >/dev/null 2>&1 || m=$((m+1)); n=$((n+1)); done; echo $m $n");
        using (CancellationTokenSource deadline = new(TimeSpan.FromSeconds(60)))
        {
            await FileArrival.WaitAsync(Inside("/tmp/begun"), deadline.Token);
        }

        for (int i = 1; i <= 1000; i++)
        {
            File.WriteAllText(_host["letter.new"], i.ToString(CultureInfo.InvariantCulture));
            File.Move(_host["letter.new"], _host["letter"], overwrite: true);
        }

        FileIdentity last = FileStatus.OfPath(_host["letter"])!.Value.Identity;
        await Server.UntilAsync(_ => FileStatus.OfPath(Inside("/letter"))?.Identity == last);
        File.WriteAllText(_host["end"], "");
        string[] counts = (await reader).Trim().Split(' ');
        Assert.Equal("0", counts[0]);
        Assert.True(int.Parse(counts[1], CultureInfo.InvariantCulture) > 10, $"the reader read only {counts[1]} times");
        Assert.Equal("1000", await ExecAsync("cat", "/letter"));
    }

    [Fact]
    public async Task ASocketInAFileSystemThatIsMountedLaterIsReachable()
    {
        string user = _host["user"];
        string socket = Path.Combine(user, "wayland-0");
        await StartAsync($$"""{ "_inotify_watch": { "{{socket}}": { "target": "/run/wayland-0" } } }""");
        for (int round = 0; round < 2; round++)
        {
            Directory.CreateDirectory(user);
            (await Command.RunAsync("mount", ["-t", "tmpfs", "none", user])).OutputOrThrow();
            using (Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                listener.Bind(new UnixDomainSocketEndPoint(socket));
                listener.Listen();
                await Server.UntilBindingAsync(_name, "/run/wayland-0", "attached");
                using Socket caller = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await caller.ConnectAsync(new UnixDomainSocketEndPoint(Inside("/run/wayland-0")), TestContext.Current.CancellationToken);
                Assert.Equal("socket", await ExecAsync("sh", "-c", "test -S /run/wayland-0 && echo socket"));
            }

            (await Command.RunAsync("umount", ["-l", user])).OutputOrThrow();
            await Server.UntilGoneAsync(_name, "/run/wayland-0");
            Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /run/wayland-0 || echo gone"));
        }
    }

    [Fact]
    public async Task ManyEntriesAtOnceAreAllInsideAndAllGo()
    {
        int count = _runtime.ManyEntries;
        string directory = _host["many"];
        Directory.CreateDirectory(directory);
        await StartAsync($$"""{ "_inotify_watch": { "{{directory}}": { "target": "/many" } } }""");
        for (int i = 0; i < count; i++)
        {
            File.WriteAllBytes(Path.Combine(directory, i.ToString(CultureInfo.InvariantCulture)), []);
        }

        TimeSpan limit = TimeSpan.FromMinutes(3);
        await Server.UntilAttachedAsync(count, limit);
        StatusReply full = await Server.StatusAsync();
        Assert.All(Of(full), binding => Assert.Equal("attached", binding.State));
        Assert.Equal(
            Of(full).Select(binding => binding.Target).ToHashSet(),
            Mounts("/many/").Select(mount => mount.MountPoint).ToHashSet());
        Assert.Equal(count.ToString(CultureInfo.InvariantCulture), (await ExecAsync("sh", "-c", "ls /many | wc -l")).Trim());
        Directory.Delete(directory, recursive: true);
        await Server.UntilAttachedAsync(0, limit);
        await Server.UntilAsync(reply => Of(reply).All(b => b.State == "waiting"));
        Assert.Empty(Mounts("/many"));
        Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /many || echo gone"));

        IEnumerable<BindingStatus> Of(StatusReply reply) => reply.Containers.Single(c => c.Name == _name).Bindings;
    }

    [Fact]
    public async Task AfterARestartOfTheContainerEverythingIsBack()
    {
        File.WriteAllText(_host["letter"], "one");
        await StartAsync($$"""{ "_automount": { "{{_host["letter"]}}": { "target": "/run/deep/letter" } } }""");
        await Server.UntilBindingAsync(_name, "/run/deep/letter", "attached");
        int before = ProcessId;
        await _runtime.RestartAsync(Server, _name);
        await Server.UntilAsync(reply => reply.Containers.Any(c => c.Name == _name && c.ProcessId is { } pid && pid != before));
        await Server.UntilBindingAsync(_name, "/run/deep/letter", "attached");
        await RefreshProcessIdAsync();
        Assert.Equal("one", await ExecAsync("cat", "/run/deep/letter"));
        File.Delete(_host["letter"]);
        await Server.UntilGoneAsync(_name, "/run/deep/letter");
        Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /run/deep || echo gone"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AfterARestartOfTheServerTheSameMountsAreThereAndWhatChangedIsPutRight(bool killed)
    {
        foreach (string name in (string[])["stays", "changes", "goes"])
        {
            File.WriteAllText(_host[name], "one");
        }

        await StartAsync($$"""
            { "_automount": { "{{_host["stays"]}}": { "target": "/stays" }, "{{_host["changes"]}}": { "target": "/changes" },
                              "{{_host["goes"]}}": { "target": "/goes" }, "{{_host["comes"]}}": { "target": "/comes" } } }
            """);
        ulong? stays = (await Server.UntilBindingAsync(_name, "/stays", "attached")).MountId;
        await Server.UntilBindingAsync(_name, "/changes", "attached");
        await Server.UntilBindingAsync(_name, "/goes", "attached");
        File.WriteAllText(_host["[extra]*"], "by hand");
        await Server.BindAsync(_name, _host["[extra]*"], "/extra");
        await (killed ? Server.KillAsync() : Server.StopAsync());
        Assert.Equal("one", File.ReadAllText(Inside("/stays")));
        File.Delete(_host["goes"]);
        File.WriteAllText(_host["comes"], "two");
        File.WriteAllText(_host["changes.new"], "two");
        File.Move(_host["changes.new"], _host["changes"], overwrite: true);
        await Server.StartAsync();
        Assert.Equal(stays, (await Server.UntilBindingAsync(_name, "/stays", "attached")).MountId);
        await Server.UntilBindingAsync(_name, "/comes", "attached");
        await Server.UntilGoneAsync(_name, "/goes");
        await Server.UntilBindingAsync(_name, "/extra", "attached");
        await Server.UntilAsync(_ => File.ReadAllText(Inside("/changes")) == "two");
        Assert.Equal(["/changes", "/comes", "/extra", "/stays"], Mounts("/").Select(m => m.MountPoint).Where(p => p is "/changes" or "/comes" or "/extra" or "/stays" or "/goes").Order());
        await Server.UnbindAsync(_name, "/extra");
        Assert.Equal("gone", await ExecAsync("sh", "-c", "test -e /extra || echo gone"));
    }

    [Fact]
    public async Task WithUnmountOnExitNothingIsLeft()
    {
        File.WriteAllText(_host["letter"], "one");
        await StartAsync($$"""{ "_automount": { "{{_host["letter"]}}": { "target": "/run/deep/letter" } } }""", "--unmount-on-exit");
        await Server.UntilBindingAsync(_name, "/run/deep/letter", "attached");
        await Server.StopAsync();
        Assert.Empty(Mounts("/run/deep"));
        Assert.False(Path.Exists(Inside("/run/deep")));
        await Server.StartAsync();
    }

    /// <summary>Where root inside is root of a user namespace of its own, it may remount what is in its mount namespace.</summary>
    [Fact]
    public async Task WhatIsReadOnlyStaysReadOnly()
    {
        Directory.CreateDirectory(_host["data"]);
        File.SetUnixFileMode(_host["data"], (UnixFileMode)0b111_111_111);
        await StartAsync($$"""{ "_automount": { "{{_host["data"]}}": { "target": "/data", "readOnly": true } } }""");
        await Server.UntilBindingAsync(_name, "/data", "attached");
        string remount = _runtime.HasUserNamespace ? "mount -o remount,bind,rw /data 2>/dev/null && echo remounted; " : "";
        Assert.Equal("read-only", await ExecAsync("sh", "-c", remount + "touch /data/new 2>/dev/null && echo written; echo read-only"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_host["data"]));
    }

    [Fact]
    public async Task TheOwnerInsideIsAsConfiguredAndWhatIsWrittenBelongsToTheOwnerOutside()
    {
        Directory.CreateDirectory(_host["home"]);
        (await Command.RunAsync("chown", ["1234:1235", _host["home"]])).OutputOrThrow();
        File.SetUnixFileMode(_host["home"], (UnixFileMode)0b111_000_000);
        await StartAsync($$"""{ "_automount": { "{{_host["home"]}}": { "target": "/home/user", "owner": "0:0" } } }""");
        await Server.UntilBindingAsync(_name, "/home/user", "attached");
        Assert.Equal("0:0 700", await ExecAsync("sh", "-c", "echo written > /home/user/new; stat -c '%u:%g %a' /home/user"));
        FileStatus written = FileStatus.OfPath(Path.Combine(_host["home"], "new"))!.Value;
        Assert.Equal((1234u, 1235u), (written.Owner, written.Group));
    }

    [Fact]
    public async Task ASourceOnAHungFileSystemHoldsUpNobodyElse()
    {
        using HungFileSystem hung = new(_host["hung"]);
        string other = _name + "b";
        await StartAsync(
            $$"""{ "_automount": { "{{_host["hung"]}}/file": "Absolute", "{{_host["fine"]}}": { "target": "/fine" } } }""",
            more: $$""", "{{other}}": { "_automount": { "{{_host["hung"]}}/other": "Absolute", "{{_host["fine"]}}": { "target": "/fine" } } }""");
        await StartContainerAsync(other);
        File.WriteAllText(_host["fine"], "one");
        await Server.UntilBindingAsync(_name, "/fine", "attached");
        await Server.UntilBindingAsync(other, "/fine", "attached");
        await Server.UntilAsync(reply => reply.Containers.Count(c => c.State == "running") >= 2);
    }

    [Fact]
    public async Task AHostileContainerGetsNothingOutsideItsRoot()
    {
        string other = _name + "b";
        await StartAsync("{}", more: $$""", "{{other}}": {}""");
        await StartContainerAsync(other);
        string swap = await Swapper.BuildAsync(_host);
        await Server.BindAsync(_name, swap, "/swap");
        File.WriteAllText(_host["letter"], "one");
        int otherProcess = (await Server.StatusAsync()).Containers.Single(c => c.Name == other).ProcessId!.Value;
        Task<string> swapping = ExecAsync("sh", "-c", "/swap /prey /stop");
        int attached = 0, binds = int.Parse(Environment.GetEnvironmentVariable("CM_RACES") ?? "400", CultureInfo.InvariantCulture);
        for (int i = 0; i < binds; i++)
        {
            BindingStatus binding = await Server.BindAsync(_name, _host["letter"], "/prey/target");
            attached += binding.State == "attached" ? 1 : 0;
            await Server.UnbindAsync(_name, "/prey/target");
        }

        File.WriteAllText(_host["stop"], "");
        await Server.BindAsync(_name, _host["stop"], "/stop");
        await swapping;
        TestContext.Current.TestOutputHelper?.WriteLine($"{attached} of {binds} binds found a fit target");
        Assert.True(attached > binds / 20, $"only {attached} of {binds} binds were attached: the race was not run");
        Assert.DoesNotContain(MountTable.OfSelf().Mounts, IsOurs);
        Assert.DoesNotContain(MountTable.OfProcess(otherProcess).Mounts, IsOurs);
        Assert.DoesNotContain(MountTable.OfProcess(ProcessId).Mounts, IsOurs);
        Assert.False(Path.Exists("/target"));
        Server.AssertEveryThreadAtHome();

        // The host mounts and unmounts other things meanwhile; the letter is only ours.
        bool IsOurs(MountTableEntry mount) => mount.Root.Contains(_host["letter"], StringComparison.Ordinal);
    }

    private protected int ProcessId { get; private set; }

    private protected string Inside(string path) => $"/proc/{ProcessId}/root{path}";

    private protected Task<string> ExecAsync(params string[] command) => TrimAsync(_runtime.ExecAsync(Server, _name, command));

    private static async Task<string> TrimAsync(Task<string> output) => (await output).TrimEnd('\n');

    private IEnumerable<MountTableEntry> Mounts(string prefix) =>
        MountTable.OfProcess(ProcessId).Mounts.Where(mount => mount.MountPoint.StartsWith(prefix, StringComparison.Ordinal));

    private protected Task StartAsync(string rules, string? option = null, string more = "") =>
        StartServerAsync(rules, more, option is null ? [] : [option]);

    private async Task StartServerAsync(string rules, string more, string[] options)
    {
        string configuration = $$"""
            { "containerConfigs": { "{{_name}}": {{rules}} {{more}} },
              "settings": { "plugins": { "{{_runtime.Plugin}}": {{_runtime.Settings}} } } }
            """;
        _server = new ServerUnderTest([_runtime.Plugin], configuration, [.. _runtime.ServerOptions, .. options]) { Wrapper = _runtime.ServerWrapper };
        await _server.StartAsync();
        await StartContainerAsync(_name);
        await RefreshProcessIdAsync();
    }

    private async Task StartContainerAsync(string name)
    {
        _started.Add(name);
        await _runtime.StartAsync(Server, name);
        await Server.UntilAsync(reply => reply.Containers.Any(c => c.Name == name && c.State == "running"));
    }

    private async Task RefreshProcessIdAsync() => ProcessId = (await Server.StatusAsync()).Containers.Single(c => c.Name == _name).ProcessId!.Value;
}
