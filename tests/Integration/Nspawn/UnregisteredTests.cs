using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;
using static ContainerManager.Tests.Integration.Nspawn.NspawnBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>Machines that nobody but their nspawn process knows of.</summary>
public sealed class UnregisteredTests : IAsyncLifetime
{
    private readonly NspawnMachines _machines = new();
    private readonly NspawnBed _bed = new();
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..16];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_machines), CleanUp.Of(_bed));

    [Fact]
    public async Task What_runs_is_named_before_the_list_is_complete()
    {
        await using (EventRecorder<RuntimeEvent> before = await ListenAsync(_bed.NewRuntime()))
        {
            await _machines.StartAsync(_name);
            await StartedAsync(before, _name);
        }

        await using NspawnBed afresh = new();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(afresh.Runtime);

        Started started = Assert.Single(events.All.OfType<Started>(), e => e.Container.Name == _name);
        Assert.Equal(new ContainerId("nspawn", _name), started.Container.Id);
        Assert.Equal(_machines.LeaderOf(_name), started.Container.ProcessId);
        Assert.IsType<ListComplete>(events.All[^1]);
    }

    [Fact]
    public async Task Start_and_end_are_seen_and_a_restart_is_the_same_container()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        await _machines.StartAsync(_name);
        ContainerDescription first = await NextStartedAsync(events, _name);
        Assert.Equal(_machines.LeaderOf(_name), first.ProcessId);

        await _machines.KillAsync(_name);
        await StoppedAsync(events, first.Id);
        await _machines.StartAsync(_name);
        ContainerDescription second = await NextStartedAsync(events, _name);

        Assert.Equal(first.Id, second.Id);
        Assert.NotEqual(first.ProcessId, second.ProcessId);
        Assert.Equal(_machines.LeaderOf(_name), second.ProcessId);
    }

    [Fact]
    public async Task A_machine_is_ready_when_it_is_named()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        for (int round = 0; round < 10; round++)
        {
            await _machines.StartAsync(_name, round % 2 == 0 ? [] : ["--as-pid2"]);
            ContainerDescription machine = await NextStartedAsync(events, _name);
            string mounts = ProcessFacts.Read(machine.ProcessId, "mountinfo");
            Assert.Contains(" /proc/sys ", mounts, StringComparison.Ordinal);
            Assert.Contains(" /sys ", mounts, StringComparison.Ordinal);
            Assert.DoesNotContain("systemd-nspawn", ProcessFacts.Read(machine.ProcessId, "cmdline"), StringComparison.Ordinal);
            await _machines.KillAsync(_name);
            await StoppedAsync(events, machine.Id);
        }
    }

    [Fact]
    public async Task Fifty_machines_at_once_are_all_seen()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        string[] names = [.. Enumerable.Range(0, 50).Select(i => $"{_name}-{i}")];
        foreach (string name in names)
        {
            await _machines.StartAsync(name);
        }

        foreach (string name in names)
        {
            // Asked of nspawn afterwards: before, there is no leader yet, or a process that only makes one.
            int leader = (await StartedAsync(events, name)).ProcessId;
            Assert.Equal(_machines.LeaderOf(name), leader);
        }

        Assert.Equal(50, events.All.OfType<Started>().Count(e => names.Contains(e.Container.Name)));
    }

    [Fact]
    public async Task A_machine_whose_nspawn_was_killed_runs_on_for_this_server_and_the_next()
    {
        ContainerDescription machine;
        await using (EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime))
        {
            await _machines.StartAsync(_name);
            machine = await NextStartedAsync(events, _name);
            await _machines.KillNspawnAsync(_name);
            using ContainerEntry entry = await _bed.Runtime.OpenAsync(machine, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(events.All, e => e is Stopped stopped && stopped.Id == machine.Id);
        }

        ContainerIdAndProcess(machine, await AfterARestartAsync());

        async Task<ContainerDescription> AfterARestartAsync()
        {
            await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.NewRuntime());
            ContainerDescription again = await StartedAsync(events, _name);
            using System.Diagnostics.Process leader = System.Diagnostics.Process.GetProcessById(again.ProcessId);
            leader.Kill();
            await StoppedAsync(events, again.Id);
            return again;
        }

        static void ContainerIdAndProcess(ContainerDescription expected, ContainerDescription actual) =>
            Assert.Equal((expected.Id, expected.ProcessId), (actual.Id, actual.ProcessId));
    }

    [Fact]
    public async Task What_only_looks_like_a_machine_is_none()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        string fake = _machines["systemd-nspawn"];
        File.Copy("/usr/bin/unshare", fake);
        File.SetUnixFileMode(fake, (UnixFileMode)0b111_101_101);
        string[] setpriv = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];

        // Its name among the arguments; a program of that name with no machine; and one with a machine, but of somebody without power over the host.
        await using BackgroundProcess argument = new(_machines["log"], "tail", "--follow", fake);
        await using BackgroundProcess name = new(_machines["log"], fake, "--mount", "sleep", "1000");
        await using BackgroundProcess stranger = new(
            _machines["log"], "setpriv", [.. setpriv, fake, "--map-root-user", "--user", "--pid", "--fork", "--kill-child", "--mount-proc", "sleep", "1000"]);
        int first = await ChildThatSleepsAsync(stranger.Id);
        try
        {
            await _machines.StartAsync(_name);
            await NextStartedAsync(events, _name);
            await using EventRecorder<RuntimeEvent> again = await ListenAsync(_bed.NewRuntime());

            int[] processes = [argument.Id, name.Id, stranger.Id, first];
            Assert.DoesNotContain(events.All.Concat(again.All).OfType<Started>(), e => processes.Contains(e.Container.ProcessId));
            Assert.Single(again.All.OfType<Started>(), e => e.Container.Name == _name);
            Assert.True(ProcessFacts.Runs(first), "the stranger's machine did not last as long as the test");
        }
        finally
        {
            System.Diagnostics.Process.GetProcessById(first).Kill();
        }
    }

    [Fact]
    public async Task What_is_opened_is_the_machine_s_process()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        await _machines.StartAsync(_name);
        ContainerDescription machine = await NextStartedAsync(events, _name);
        using (ContainerEntry entry = await _bed.Runtime.OpenAsync(machine, TestContext.Current.CancellationToken))
        {
            Assert.False(entry.Process.IsClosed);
        }

        // A process that is there, but not the machine's: as after the reuse of its id.
        IOException refused = await Assert.ThrowsAsync<IOException>(
            () => _bed.Runtime.OpenAsync(machine with { ProcessId = Environment.ProcessId }, TestContext.Current.CancellationToken).AsTask());
        Assert.Contains(_name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ephemeral_machine_is_forgotten_and_two_of_one_name_are_two()
    {
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(_bed.Runtime);
        await _machines.StartAsync(_name, "-x");
        ContainerDescription first = await NextStartedAsync(events, _name);
        await _machines.StartAsync(_name + "-b", ["-qxM", _name, "--host=inside"], ["/bin/sleep", "1000000"]);
        ContainerDescription second = await NextStartedAsync(events, _name);

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal("inside", second.HostName);
        await _machines.KillAsync(_name);
        await events.NextAsync(e => e is Removed removed && removed.Id == first.Id);
        await _machines.KillAsync(_name + "-b");
        await events.NextAsync(e => e is Removed removed && removed.Id == second.Id);
    }

    /// <summary>The child of a process, once it has become the program "sleep".</summary>
    private static async Task<int> ChildThatSleepsAsync(int processId)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (NspawnMachines.ChildrenOf(processId).FirstOrDefault(child => ProcessFacts.Read(child, "comm") == "sleep\n") is > 0 and int found)
            {
                return found;
            }

            await Task.Yield();
            deadline.Token.ThrowIfCancellationRequested();
        }
    }
}
