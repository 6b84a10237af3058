namespace ContainerManager.Plugins.Nspawn;

/// <summary>Turns registrations into machines, once they are set up: machined hears of a machine before.</summary>
internal sealed class Registered(RunningMachines machines)
{
    /// <summary>Leader → what was registered, and the nspawn that is not done yet.</summary>
    private readonly Dictionary<int, (Sighting Sighting, int Nspawn)> _settingUp = [];

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
        Sighting sighting = new(registration.Name, null, leader.Identity, ephemeral);
        _settingUp[registration.Leader] = (sighting, byNspawn ? leader.Parent : 0);
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

    private void Look(int leader, bool accept = false)
    {
        if (!_settingUp.TryGetValue(leader, out (Sighting Sighting, int Nspawn) one))
        {
            return;
        }

        // One that has ended is let go: nothing is found of it.
        if (accept || one.Nspawn == 0 || ProcFiles.IdentityOf(leader) != one.Sighting.Leader || Leader.IsSetUp(leader, one.Nspawn))
        {
            _settingUp.Remove(leader);
            machines.Found(one.Sighting);
        }
    }
}
