using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>Turns registrations into machines, once they are set up: machined hears of a machine before.</summary>
internal sealed class Registered(PollLoop loop, RunningMachines machines) : IDisposable
{
    /// <summary>By the leader.</summary>
    private readonly Dictionary<int, SettingUp> _settingUp = [];

    /// <summary>Some are not ready yet.</summary>
    internal bool AreSettingUp => _settingUp.Count > 0;

    /// <summary>A file was written or found.</summary>
    internal void Take(Registration registration)
    {
        if (ProcFiles.StatusOf(registration.Leader) is not { } leader || machines.Knows(leader.Identity) || !registration.IsCurrent())
        {
            return;
        }

        bool byNspawn = ProcFiles.IsNamed(leader.Parent, Supervisors.ProgramNameBytes);
        bool ephemeral = byNspawn && new NspawnCommandLine(ProcFiles.ArgumentsOf(leader.Parent)).Ephemeral;
        Wait(new Sighting(registration.Name, null, leader.Identity, ephemeral), byNspawn ? leader.Parent : 0);
        Look(registration.Leader);
    }

    /// <summary>A process executed a program: a leader, or what its stub started.</summary>
    internal void Executed(ProcessStatus process)
    {
        Look(process.Identity.ProcessId);
        Look(process.Parent);
    }

    /// <summary>Looks at all that are not ready; with <paramref name="accept"/> they are taken as they are.</summary>
    internal void LookAtAll(bool accept = false) => _settingUp.Keys.ToList().ForEach(leader => Look(leader, accept));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SettingUp one in _settingUp.Values)
        {
            one.Process.Dispose();
        }
    }

    /// <summary>Until it is set up, or ends before.</summary>
    private void Wait(Sighting sighting, int nspawn)
    {
        int leader = sighting.Leader.ProcessId;
        Forget(leader);
        try
        {
            SafeFileHandle process = ProcessDescriptor.Open(leader);
            _settingUp[leader] = new SettingUp(sighting, nspawn, process, loop.Add(process, () => Forget(leader)));
        }
        catch (KernelException failure) when (failure.Errno == Tmds.Linux.LibC.ESRCH)
        {
            // It has ended already.
        }
    }

    private void Look(int leader, bool accept = false)
    {
        if (_settingUp.TryGetValue(leader, out SettingUp? one) && (accept || one.Nspawn == 0 || Leader.IsSetUp(leader, one.Nspawn)))
        {
            Forget(leader);
            machines.Found(one.Sighting);
        }
    }

    private void Forget(int leader)
    {
        if (_settingUp.Remove(leader, out SettingUp? one))
        {
            loop.Remove(one.Token, one.Process);
            one.Process.Dispose();
        }
    }

    /// <param name="Sighting">What was registered.</param>
    /// <param name="Nspawn">What makes it ready; 0: it is ready.</param>
    /// <param name="Process">The leader, to hear of its end.</param>
    /// <param name="Token">Of that in the loop.</param>
    private sealed record SettingUp(Sighting Sighting, int Nspawn, SafeFileHandle Process, ulong Token);
}
