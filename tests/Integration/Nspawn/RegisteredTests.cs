using ContainerManager.Abstractions;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;
using static ContainerManager.Tests.Integration.Nspawn.NspawnBed;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>Machines that a real systemd-machined knows of.</summary>
public sealed class RegisteredTests : IAsyncLifetime
{
    private readonly MachinedBed _machined = new();
    private readonly string _name = $"cm-{Guid.NewGuid():N}"[..16];
    private NspawnMachines? _machines;
    private NspawnBed? _bed;

    private NspawnMachines Machines => _machines ??= new NspawnMachines { Prefix = _machined.Prefix, Options = ["--register=yes"] };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_machines), CleanUp.Of(_bed), CleanUp.Of(_machined));

    [Fact]
    public async Task Start_end_and_restart_are_seen()
    {
        await _machined.StartAsync();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(Bed().Runtime);
        for (int round = 0; round < 3; round++)
        {
            await Machines.StartAsync(_name, round % 2 == 0 ? [] : ["--as-pid2"]);
            ContainerDescription machine = await NextStartedAsync(events, _name);
            Assert.Equal((new ContainerId("nspawn", _name), Machines.LeaderOf(_name)), (machine.Id, machine.ProcessId));
            Assert.Contains(" /proc/sys ", ProcessFacts.Read(machine.ProcessId, "mountinfo"), StringComparison.Ordinal);
            using (ContainerEntry entry = await Bed().Runtime.OpenAsync(machine, TestContext.Current.CancellationToken))
            {
                Assert.Contains(entry.Cgroups.Values, path => path.Contains(_name, StringComparison.Ordinal));
            }

            await Machines.KillAsync(_name);
            await StoppedAsync(events, machine.Id);
        }
    }

    [Fact]
    public async Task One_found_by_both_ways_is_one()
    {
        await _machined.StartAsync();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(Bed(unregistered: true).Runtime);
        await Machines.StartAsync(_name);
        ContainerDescription machine = await NextStartedAsync(events, _name);
        await Machines.StartAsync(_name + "-after");
        await NextStartedAsync(events, _name + "-after");
        await using EventRecorder<RuntimeEvent> again = await ListenAsync(Bed().NewRuntime());

        Assert.Single(events.All.OfType<Started>(), e => e.Container.ProcessId == machine.ProcessId);
        Assert.Single(again.All.OfType<Started>(), e => e.Container.ProcessId == machine.ProcessId);
    }

    [Fact]
    public async Task Machined_killed_and_started_again_loses_nothing()
    {
        await _machined.StartAsync();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(Bed().Runtime);
        await Machines.StartAsync(_name);
        ContainerDescription machine = await NextStartedAsync(events, _name);

        await _machined.KillMachinedAsync();
        await _machined.StartMachinedAsync();
        await Machines.StartAsync(_name + "-after");
        await NextStartedAsync(events, _name + "-after");
        Assert.DoesNotContain(events.All, e => e is Stopped stopped && stopped.Id == machine.Id);

        await _machined.KillMachinedAsync();
        Directory.Delete(_machined.MachinesDirectory, recursive: true);
        await _machined.StartMachinedAsync();
        await Machines.StartAsync(_name + "-last");
        await NextStartedAsync(events, _name + "-last");
        Assert.DoesNotContain(events.All, e => e is Stopped stopped && stopped.Id == machine.Id);
        Assert.Single(events.All.OfType<Started>(), e => e.Container.Id == machine.Id);
    }

    [Fact]
    public async Task Machined_may_come_later_and_its_absence_is_no_trouble()
    {
        await _machined.MakePlaceAsync();
        Directory.Delete(_machined.Inside("/run/systemd/system"));
        Directory.Delete(_machined.Inside("/run/systemd"));
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(Bed().Runtime);
        Assert.IsType<ListComplete>(Assert.Single(events.All));

        Directory.CreateDirectory(_machined.Inside("/run/systemd/system"));
        await _machined.StartMachinedAsync();
        await Machines.StartAsync(_name);
        await NextStartedAsync(events, _name);
    }

    [Fact]
    public async Task Only_containers_that_are_what_their_file_says_are_taken()
    {
        await _machined.StartAsync();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(Bed().Runtime);
        await Machines.StartAsync(_name);
        ContainerDescription machine = await NextStartedAsync(events, _name);

        // A virtual machine; a process that is no container's; and a process id that has become another container's.
        Register("vm", $"CLASS=vm\nLEADER={machine.ProcessId}");
        Register("host", $"CLASS=container\nLEADER={Environment.ProcessId}");
        await Machines.StartAsync(_name + "-b", "--register=no");
        Register("stale", $"CLASS=container\nLEADER={await LeaderAsync(_name + "-b")}\nSCOPE=another.service");
        await Machines.StartAsync(_name + "-after");
        await NextStartedAsync(events, _name + "-after");

        Assert.Equal([_name, _name + "-after"], events.All.OfType<Started>().Select(e => e.Container.Name));

        void Register(string kind, string text)
        {
            string file = Path.Combine(_machined.MachinesDirectory, $"{_name}-{kind}");
            File.WriteAllText(file + ".tmp~", $"# This is private data. Do not parse.\nNAME={_name}-{kind}\n{text}\n");
            File.Move(file + ".tmp~", file);
        }
    }

    private async Task<int> LeaderAsync(string name)
    {
        await using NspawnBed other = new();
        await using EventRecorder<RuntimeEvent> events = await ListenAsync(other.Runtime);
        return (await StartedAsync(events, name)).ProcessId;
    }

    private NspawnBed Bed(bool unregistered = false) =>
        _bed ??= new NspawnBed(unregistered ? $$"""{ "machinesDirectory": "{{_machined.MachinesDirectory}}" }""" : _machined.Settings);
}
