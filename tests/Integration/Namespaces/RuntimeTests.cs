using ContainerManager.Abstractions;
using ContainerManager.Linux;
using ContainerManager.Plugins.Namespaces;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Tests.Integration.Namespaces.NamespacesBed;

namespace ContainerManager.Tests.Integration.Namespaces;

/// <summary>The plugin as the core uses it.</summary>
public sealed class RuntimeTests : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private readonly NamespacesBed _bed = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task From_launch_to_removal_and_nothing_is_left()
    {
        MountTable before = MountTable.OfSelf();
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await events.NextAsync(e => e is RuntimeEvent.ListComplete);

        ContainerDescription container = await runtime.LaunchAsync(Script("trap 'exit 0' TERM; sleep 1000 & wait"), Token);
        RuntimeEvent.Started started = (RuntimeEvent.Started)(await events.NextAsync(e => e is RuntimeEvent.Started)).Event;
        Assert.Equal(container, started.Container);
        Assert.Equal(("box", "box", new ContainerId("namespaces", "box")), (container.Name, container.HostName, container.Id));
        using (ContainerEntry entry = await runtime.OpenAsync(container, Token))
        {
            Assert.Contains(container.ProcessId, _bed.Processes);
        }

        await runtime.StopAsync("box", Grace, Token);
        await events.NextAsync(e => e is RuntimeEvent.Stopped { Id.Value: "box" });
        await events.NextAsync(e => e is RuntimeEvent.Removed { Id.Value: "box" });
        Assert.Empty(_bed.Processes);
        Assert.Equal(["client"], Directory.GetFileSystemEntries(_bed.Host.StateDirectory).Select(Path.GetFileName));
        // Whoever else uses this machine mounts and unmounts meanwhile, beneath /tmp or in their engine's directory.
        Assert.DoesNotContain(
            MountTable.OfSelf().Mounts.Select(mount => mount.MountPoint).Except(before.Mounts.Select(mount => mount.MountPoint)),
            path => path.StartsWith(_bed.Host.StateDirectory, StringComparison.Ordinal) || !path.StartsWith("/tmp/", StringComparison.Ordinal));
        Assert.Throws<IOException>(() => runtime.OpenAsync(container, Token).AsTask().GetAwaiter().GetResult());
        await Assert.ThrowsAsync<KeyNotFoundException>(() => runtime.StopAsync("box", Grace, Token));
    }

    /// <summary>The pipes to unshare(1), at once, and not when the garbage collector comes to it.</summary>
    [Fact]
    public async Task Nothing_of_one_that_ended_stays_open()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        ContainerDescription container = await runtime.LaunchAsync(Script("exec sleep 1000"), Token);
        string output = new FileInfo($"/proc/{ProcessFacts.ParentOf(container.ProcessId)}/fd/1").LinkTarget!;
        Assert.StartsWith("pipe:", output, StringComparison.Ordinal);
        Assert.Contains(output, OpenHere());
        await runtime.StopAsync("box", Grace, Token);
        await events.NextAsync(e => e is RuntimeEvent.Removed);
        Assert.DoesNotContain(output, OpenHere());
    }

    [Fact]
    public async Task One_that_does_not_listen_is_killed_after_the_grace()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        ContainerDescription container = await runtime.LaunchAsync(Script("trap '' TERM; touch /tmp/ready; sleep 1000 & wait; wait; sleep 1000"), Token);
        await WhenThereAsync(ProcFiles.IdentityOf(container.ProcessId)!, "/tmp/ready");
        await runtime.StopAsync("box", TimeSpan.FromMilliseconds(200), Token);
        Assert.Empty(_bed.Processes);
    }

    [Fact]
    public async Task One_that_ends_by_itself_is_removed()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await runtime.LaunchAsync(Script("exit 1"), Token);
        await events.NextAsync(e => e is RuntimeEvent.Removed { Id.Value: "box" });
        // The name is free again.
        await runtime.LaunchAsync(Script("exit 1"), Token);
        await events.NextAsync(e => e is RuntimeEvent.Removed { Id.Value: "box" });
    }

    [Fact]
    public async Task One_that_fails_is_started_again_and_says_why()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        ContainerDescription first = await runtime.LaunchAsync(Script("echo no luck; exit 3") with { Restart = RestartPolicy.OnFailure }, Token);
        RuntimeEvent.Trouble trouble = (RuntimeEvent.Trouble)(await events.NextAsync(e => e is RuntimeEvent.Trouble)).Event;
        Assert.Equal("it ended with status 3: no luck; started again after 1 s", trouble.Reason);
        await events.NextAsync(e => e is RuntimeEvent.Started started && started.Container.ProcessId != first.ProcessId);
        await runtime.StopAsync("box", Grace, Token);
        await events.NextAsync(e => e is RuntimeEvent.Removed);
        Assert.Empty(_bed.Processes);
    }

    [Fact]
    public async Task A_successor_of_the_server_adopts_what_lives()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        ContainerDescription container = await runtime.LaunchAsync(Script("trap 'exit 0' TERM; sleep 1000 & wait"), Token);
        await runtime.DisposeAsync();
        Assert.Contains(container.ProcessId, _bed.Processes);

        NamespacesRuntime successor = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(successor.DiscoverAsync);
        await events.NextAsync(e => e is RuntimeEvent.ListComplete);
        Assert.Equal(container with { }, ((RuntimeEvent.Started)events.All[0]).Container with { Labels = container.Labels });
        InvalidOperationException twice = await Assert.ThrowsAsync<InvalidOperationException>(() => successor.LaunchAsync(Script("true"), Token));
        Assert.Contains("runs already", twice.Message, StringComparison.Ordinal);
        await successor.StopAsync("box", Grace, Token);
        await events.NextAsync(e => e is RuntimeEvent.Removed);
        Assert.DoesNotContain(container.ProcessId, _bed.Processes.Where(ProcessFacts.Runs));
    }

    [Fact]
    public async Task A_successor_starts_again_what_died_meanwhile_and_forgets_the_rest()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        ContainerDescription kept = await runtime.LaunchAsync(Script("exec sleep 1000", "kept") with { Restart = RestartPolicy.Always }, Token);
        ContainerDescription lost = await runtime.LaunchAsync(Script("exec sleep 1000", "lost"), Token);
        await runtime.DisposeAsync();
        await KillAsync(kept);
        await KillAsync(lost);

        NamespacesRuntime successor = _bed.NewRuntime();
        await using EventRecorder<RuntimeEvent> events = new(successor.DiscoverAsync);
        RuntimeEvent.Started again = (RuntimeEvent.Started)(await events.NextAsync(e => e is RuntimeEvent.Started)).Event;
        Assert.Equal("kept", again.Container.Name);
        Assert.NotEqual(kept.ProcessId, again.Container.ProcessId);
        Assert.Equal(["client", "kept.json"], Directory.GetFileSystemEntries(_bed.Host.StateDirectory).Select(Path.GetFileName).Order());
        await successor.StopAsync("kept", TimeSpan.Zero, Token);
    }

    [Fact]
    public async Task It_has_a_session_of_its_own()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        ContainerDescription container = await runtime.LaunchAsync(Script("exec sleep 1000"), Token);
        int payload = ProcFiles.OnlyChildOf(container.ProcessId);
        string[] sessions = [.. new[] { Environment.ProcessId, container.ProcessId, payload }.Select(SessionOf)];
        Assert.Equal(sessions, sessions.Distinct());
        await runtime.StopAsync("box", TimeSpan.Zero, Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../escape")]
    [InlineData(".hidden")]
    [InlineData("two words")]
    [InlineData("a/b")]
    public async Task A_name_that_is_no_word_is_refused(string name) =>
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _bed.NewRuntime().LaunchAsync(Script("true", name), Token));

    [Fact]
    public async Task Many_live_side_by_side()
    {
        NamespacesRuntime runtime = _bed.NewRuntime();
        const int Count = 40;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => runtime.LaunchAsync(Script("exec sleep 1000", $"box{i}"), Token)));
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => runtime.StopAsync($"box{i}", Grace, Token)));
        Assert.Empty(_bed.Processes);
    }

    /// <summary>What each descriptor of this process is, as proc_pid_fd(5) says it.</summary>
    private static List<string> OpenHere() => [.. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(descriptor => descriptor.LinkTarget ?? "")];

    private static string SessionOf(int processId)
    {
        string stat = ProcessFacts.Read(processId, "stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3];
    }

    private async Task KillAsync(ContainerDescription container)
    {
        using ContainerEntry entry = _bed.Host.OpenProcess(container.ProcessId);
        _bed.Host.Signal(entry.Process, 9);
        await _bed.Host.WhenExitedAsync(entry.Process, Token);
    }
}
