using System.Globalization;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using ContainerManager.Tests.Integration.Scenarios;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>A user whose engine is followed gets nothing by lying (docs/security.md).</summary>
[Collection(nameof(PodmanCollection))]
public sealed class HostileUserTests(PodmanEngineFixture fixture) : IAsyncLifetime
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly TemporaryDirectory _directory = new("hostile");
    private PodmanEngine _engine = null!;

    public async ValueTask InitializeAsync() => _engine = await PodmanEngine.CreateAsync(rootless: true);

    public async ValueTask DisposeAsync()
    {
        _directory.Dispose();
        await _engine.DisposeAsync();
        await fixture.Root.RemoveAllAsync();
    }

    [Fact]
    public async Task A_process_of_root_is_not_entered()
    {
        await using BackgroundProcess victim = new(_directory["victim.log"], "unshare", "--mount", "sleep", "1000");
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "web", victim.Id);
        await RefusedAsync("not in namespaces of that user");
    }

    /// <summary>A user namespace is easily had, and one may stay in the host's mount namespace with it.</summary>
    [Fact]
    public async Task A_process_of_the_user_that_sees_the_host_s_mounts_is_not_entered()
    {
        string[] command = [.. _engine.User!.Command, "unshare", "--user", "--map-root-user", "sh", "-c", $"echo > {_engine.User.Home}/ready; exec sleep 1000"];
        await using BackgroundProcess tricky = new(_directory["tricky.log"], command[0], command[1..]);
        await ReadyAsync();
        Assert.Equal(_engine.User.Id, NamespaceOwner.OfProcess(tricky.Id));
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "web", tricky.Id);
        await RefusedAsync("not in namespaces of that user");
    }

    [Fact]
    public async Task A_user_namespace_without_root_is_not_entered()
    {
        string[] command =
        [
            .. _engine.User!.Command, "unshare", "--user", "--map-user=1", "--map-group=1", "--mount", "sh", "-c", $"echo > {_engine.User.Home}/ready; exec sleep 1000",
        ];
        await using BackgroundProcess tricky = new(_directory["tricky.log"], command[0], command[1..]);
        await ReadyAsync();
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "web", tricky.Id);
        await RefusedAsync("no root");
    }

    [Fact]
    public async Task A_container_of_another_user_is_not_entered()
    {
        string other = await fixture.Rootless.RunAsync("private");
        int process = await fixture.Rootless.ProcessIdAsync("private");
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, other, "private", process);
        await RefusedAsync("not in namespaces of that user", "private");
        await fixture.Rootless.RemoveAllAsync();
    }

    [Fact]
    public async Task The_ids_of_others_cannot_be_used()
    {
        string id = await fixture.Root.RunAsync("web");
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, id, "web", Environment.ProcessId);
        await using PodmanBed bed = PodmanBed.On(fixture.Root, _engine.User!);
        await bed.Events.NextAsync(e => e is ListComplete);
        Assert.Equal([id, $"{_engine.User!.Id}-{id}"], bed.Events.All.OfType<Started>().Select(e => e.Container.Id.Value).OrderBy(value => value.Length));
    }

    [Fact]
    public async Task A_container_with_no_good_answer_holds_up_no_other()
    {
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "web", Environment.ProcessId);
        await using PodmanBed bed = PodmanBed.On(fixture.Root, _engine.User!);
        await bed.Events.NextAsync(e => e is ListComplete);
        Assert.Contains(bed.Events.All, e => e is Started { Container.Name: "web" });
        Trouble trouble = Assert.Single(bed.Events.All.OfType<Trouble>(), trouble => trouble.Reason is not null);
        Assert.Contains(ForgedEngine.Unreadable, trouble.Source, StringComparison.Ordinal);
        Assert.Contains("cannot be read", trouble.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_that_are_no_names_are_not_repeated()
    {
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "we\\u001bb", Environment.ProcessId);
        await using PodmanBed bed = PodmanBed.On(fixture.Root, _engine.User!);
        await bed.Events.NextAsync(e => e is ListComplete);
        Assert.Equal(Id[..12], Assert.Single(bed.Events.All.OfType<Started>()).Container.Name);
    }

    [Fact]
    public async Task A_link_to_root_s_engine_is_not_followed()
    {
        await fixture.Root.RunAsync("web");
        File.Delete(_engine.SocketPath);
        File.CreateSymbolicLink(_engine.SocketPath, fixture.Root.SocketPath);
        await using PodmanBed bed = PodmanBed.On(fixture.Root, _engine.User!);

        Trouble trouble = await bed.NextTroubleAsync(trouble => trouble.Reason is not null);
        Assert.Equal((_engine.Address, false), (trouble.Source, trouble.Absent));
        Assert.Contains("refused", trouble.Reason, StringComparison.Ordinal);
        await bed.Events.AnyAsync(e => e is Started);
        await fixture.Root.RunAsync("more");
        await bed.NextStartedAsync("more");
        Assert.Equal(["web", "more"], bed.Events.All.OfType<Started>().Select(e => e.Container.Name));
    }

    /// <summary>The whole server: what is meant for a name does not reach the process that a user's engine gives that name.</summary>
    [Fact]
    public async Task Nothing_is_mounted_for_an_invented_container()
    {
        await using BackgroundProcess victim = new(_directory["victim.log"], "unshare", "--mount", "sleep", "1000");
        await using ForgedEngine forged = await ForgedEngine.StartAsync(_engine, _directory, Id, "web", victim.Id);
        await File.WriteAllTextAsync(_directory["letter"], "secret", TestContext.Current.CancellationToken);
        string target = _directory["mnt"];
        Directory.CreateDirectory(target);
        await using ServerUnderTest server = new(["Podman"], $$"""
            { "containerConfigs": { "web": { "_automount": { "{{_directory["letter"]}}": { "target": "{{target}}/letter" } } } },
              "settings": { "plugins": { "Podman": { "sockets": ["{{fixture.Root.Address}}"], "users": ["{{_engine.User!.Name}}"] } } } }
            """);
        await server.StartAsync();

        StatusReply status = await server.UntilAsync(reply => reply.Containers.Any(c => c.Name == "web" && c.State == "failed"));
        Assert.StartsWith("refused: the engine of user", status.Containers.Single(c => c.Name == "web").Reason, StringComparison.Ordinal);
        Assert.False(File.Exists(target + "/letter"));
        Assert.DoesNotContain(MountTable.OfProcess(victim.Id).Mounts, mount => mount.MountPoint.StartsWith(target, StringComparison.Ordinal));
    }

    private async Task RefusedAsync(string why, string name = "web")
    {
        await using PodmanBed bed = PodmanBed.On(fixture.Root, _engine.User!);
        ContainerDescription container = await bed.NextStartedAsync(name);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => bed.Runtime.OpenAsync(container, TestContext.Current.CancellationToken).AsTask());
        Assert.StartsWith(
            string.Create(CultureInfo.InvariantCulture, $"refused: the engine of user {_engine.User!.Name} says that {name} is process {container.ProcessId}"),
            refused.Message,
            StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    private async Task ReadyAsync()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(20));
        await FileArrival.WaitAsync(Path.Combine(_engine.User!.Home, "ready"), deadline.Token);
    }
}
