using System.Threading.Channels;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// Follows what machined registers and which nspawn processes start, on one thread that sleeps until there is something. Subscribes
/// first, then looks at what is there.
/// </summary>
internal sealed class MachineWatch : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PollLoop _loop = new();
    private readonly List<int> _executed = [];
    private readonly NspawnSettings _settings;
    private readonly TimeProvider _time;
    private readonly ChannelWriter<RuntimeEvent> _events;
    private readonly Registry _registry;
    private readonly RunningMachines _machines;
    private readonly Registered _registered;
    private readonly Supervisors _supervisors;
    private ExecutionEvents? _executions;
    private Settling? _settling;

    internal MachineWatch(NspawnSettings settings, RecordStore records, TimeProvider time, ChannelWriter<RuntimeEvent> events)
    {
        _settings = settings;
        _time = time;
        _events = events;
        _registry = new Registry(settings.MachinesDirectory);
        _machines = new RunningMachines(_loop, records, events);
        _registered = new Registered(_loop, _machines);
        _supervisors = new Supervisors(_loop, _machines);
    }

    /// <summary>What runs.</summary>
    internal RunningMachines Machines => _machines;

    /// <summary>Starts the thread.</summary>
    internal void Start() => new Thread(Run) { IsBackground = true, Name = "nspawn" }.Start();

    /// <summary>Ends the thread; completes when it has ended.</summary>
    internal Task StopAsync()
    {
        _loop.Stop();
        return _ended.Task;
    }

    /// <summary>After <see cref="StopAsync"/>.</summary>
    public void Dispose()
    {
        _settling?.Dispose();
        _executions?.Dispose();
        _supervisors.Dispose();
        _registered.Dispose();
        _machines.Dispose();
        _registry.Dispose();
        _loop.Dispose();
    }

    private void Run()
    {
        try
        {
            Subscribe();
            _machines.Adopt();
            TakeRegistrations(_registry.ReadAll());
            FindSupervisors();
            _events.TryWrite(new RuntimeEvent.ListComplete());
            _loop.Run();
        }
        catch (Exception failure)
        {
            // The boundary of the thread: the stream breaks with it, the core says why and opens another.
            _events.TryComplete(failure);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void Subscribe()
    {
        _loop.Add(_registry.Handle, () => TakeRegistrations(_registry.ReadChanged()));
        try
        {
            _executions = new ExecutionEvents();
            _loop.Add(_executions.Handle, TakeExecutions);
        }
        catch (KernelException failure)
        {
            _settling = new Settling(_loop, _time, Settle);
            if (_settings.Unregistered)
            {
                _events.TryWrite(new RuntimeEvent.Trouble("process events", $"{failure.Message}; machines started with --register=no are not noticed"));
            }
        }
    }

    private void TakeRegistrations(List<Registration> registrations)
    {
        registrations.ForEach(_registered.Take);
        if (_registered.AreSettingUp)
        {
            _settling?.Begin();
        }
    }

    private void TakeExecutions()
    {
        _executed.Clear();
        bool complete = _executions!.Read(_executed);
        if (_supervisors.AreWaiting)
        {
            // Registered, if at all, before it executes: the name that machined has is better than the one we would find.
            TakeRegistrations(_registry.ReadChanged());
        }

        _executed.ForEach(TakeExecution);
        if (!complete)
        {
            _registered.LookAtAll();
            _supervisors.LookAtAll();
            FindSupervisors();
        }
    }

    private void TakeExecution(int processId)
    {
        if (_settings.Unregistered && ProcFiles.IsNamed(processId, Supervisors.ProgramNameBytes))
        {
            _supervisors.Consider(processId);
        }
        else if ((_registered.AreSettingUp || _supervisors.AreWaiting) && ProcFiles.StatusOf(processId) is { } process)
        {
            _registered.Executed(process);
            _supervisors.Executed(process);
        }
    }

    private void FindSupervisors()
    {
        if (_settings.Unregistered)
        {
            ProcFiles.All.Where(id => ProcFiles.IsNamed(id, Supervisors.ProgramNameBytes)).ToList().ForEach(_supervisors.Consider);
        }
    }

    private bool Settle(bool last)
    {
        _registered.LookAtAll(accept: last);
        return !_registered.AreSettingUp;
    }
}
