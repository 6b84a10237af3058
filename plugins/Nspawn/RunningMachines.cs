using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// The machines that run, each by the pidfd of its leader: however it was found, it runs until that process ends, and is one machine
/// however often it is found. Changed on the loop's thread only.
/// </summary>
internal sealed class RunningMachines(PollLoop loop, RecordStore records, ChannelWriter<RuntimeEvent> events) : IDisposable
{
    private readonly string _bootId = ProcFiles.BootId();
    private readonly ConcurrentDictionary<string, Machine> _byId = new(StringComparer.Ordinal);
    private readonly HashSet<ProcessIdentity> _leaders = [];

    /// <summary>Whether a machine has that leader.</summary>
    internal bool Knows(ProcessIdentity leader) => _leaders.Contains(leader);

    /// <summary>The description is that of a machine that runs now. From any thread.</summary>
    internal bool Runs(ContainerDescription container) =>
        _byId.TryGetValue(container.Id.Value, out Machine? machine) && machine.Record.Leader.ProcessId == container.ProcessId &&
        ProcFiles.IdentityOf(container.ProcessId) == machine.Record.Leader;

    /// <summary>Takes up what an earlier server knew and what still runs.</summary>
    internal void Adopt()
    {
        foreach (MachineRecord record in records.ReadAll())
        {
            if (record.BootId != _bootId || !Begin(record))
            {
                records.Delete(record.Id);
            }
        }
    }

    /// <summary>A machine runs.</summary>
    internal void Found(Sighting seen)
    {
        if (Knows(seen.Leader))
        {
            return;
        }

        MachineRecord record = new(IdFor(seen), seen.Name, seen.HostName, seen.Leader, seen.Ephemeral, _bootId);
        if (Begin(record))
        {
            Remember(record);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Machine machine in _byId.Values)
        {
            machine.Process.Dispose();
        }
    }

    /// <summary>The machine's name, so that it is the same container after its restart; more only where two of one name run at once.</summary>
    private string IdFor(Sighting seen)
    {
        if (_byId.TryGetValue(seen.Name, out Machine? holder))
        {
            if (ProcFiles.IdentityOf(holder.Record.Leader.ProcessId) == holder.Record.Leader)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{seen.Name}#{seen.Leader.ProcessId}.{seen.Leader.StartTime}");
            }

            End(holder);
        }

        return seen.Name;
    }

    /// <summary>False: the process has ended, or its id is another's.</summary>
    private bool Begin(MachineRecord record)
    {
        if (Open(record.Leader) is not { } process)
        {
            return false;
        }

        Machine machine = new(record, process);
        _byId[record.Id] = machine;
        _leaders.Add(record.Leader);
        machine.Token = loop.Add(process, () => End(machine));
        events.TryWrite(new RuntimeEvent.Started(new ContainerDescription
        {
            Id = IdOf(record),
            Name = record.Name,
            HostName = record.HostName,
            ProcessId = record.Leader.ProcessId,
        }));
        return true;
    }

    private void End(Machine machine)
    {
        MachineRecord record = machine.Record;
        loop.Remove(machine.Token, machine.Process);
        machine.Process.Dispose();
        _byId.TryRemove(record.Id, out _);
        _leaders.Remove(record.Leader);
        records.Delete(record.Id);
        events.TryWrite(new RuntimeEvent.Stopped(IdOf(record)));
        if (record.Ephemeral)
        {
            events.TryWrite(new RuntimeEvent.Removed(IdOf(record)));
        }
    }

    /// <summary>Without its record a machine is served all the same; it may be lost if both its nspawn and the server end.</summary>
    private void Remember(MachineRecord record)
    {
        try
        {
            records.Write(record);
        }
        catch (IOException failure)
        {
            events.TryWrite(new RuntimeEvent.Trouble("records", $"{failure.Message}; machine {record.Name} is not remembered for a restart of the server"));
        }
    }

    /// <summary>Opened first, then compared: what is open is no other process any more.</summary>
    private static SafeFileHandle? Open(ProcessIdentity leader)
    {
        try
        {
            SafeFileHandle process = ProcessDescriptor.Open(leader.ProcessId);
            if (ProcFiles.IdentityOf(leader.ProcessId) == leader)
            {
                return process;
            }

            process.Dispose();
        }
        catch (KernelException failure) when (failure.Errno == Tmds.Linux.LibC.ESRCH)
        {
            // Gone.
        }

        return null;
    }

    private static ContainerId IdOf(MachineRecord record) => new(NspawnRuntime.RuntimeName, record.Id);

    private sealed record Machine(MachineRecord Record, SafeFileHandle Process)
    {
        internal ulong Token { get; set; }
    }
}
