using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>The systemd-nspawn processes of the host whose machine has not been seen yet.</summary>
internal sealed class Supervisors(PollLoop loop, RunningMachines machines) : IDisposable
{
    /// <summary>Its program's file name, as <c>/proc/PID/stat</c> has it.</summary>
    internal const string ProgramName = "systemd-nspawn";

    /// <summary>The same in UTF-8.</summary>
    internal static ReadOnlySpan<byte> ProgramNameBytes => "systemd-nspawn"u8;

    private readonly Dictionary<int, Waiting> _waiting = [];

    /// <summary>Some have begun and have no machine yet.</summary>
    internal bool AreWaiting => _waiting.Count > 0;

    /// <summary>
    /// A process of that name was seen. It is one when it runs that program with power over the host: anybody may call a program so, and
    /// the root of a container may run one that says that its machine is another container.
    /// </summary>
    internal void Consider(int processId)
    {
        // After an upgrade the link ends in " (deleted)".
        string program = Path.GetFileName(ProcFiles.ProgramOf(processId));
        if ((program == ProgramName || program.StartsWith(ProgramName + " ", StringComparison.Ordinal)) && ProcFiles.IsTrusted(processId))
        {
            Wait(processId);
            LookAt(processId);
        }
    }

    /// <summary>Looks at all that are waiting.</summary>
    internal void LookAtAll() => _waiting.Keys.ToList().ForEach(LookAt);

    /// <summary>
    /// A process executed a program. It is a machine's first when a waiting nspawn is its parent; with <c>--as-pid2</c> there is a stub
    /// between them.
    /// </summary>
    internal void Executed(ProcessStatus process)
    {
        if (_waiting.ContainsKey(process.Parent))
        {
            LookAt(process.Parent);
        }
        else if (ProcFiles.StatusOf(process.Parent) is { } stub && _waiting.ContainsKey(stub.Parent))
        {
            LookAt(stub.Parent);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Waiting waiting in _waiting.Values)
        {
            waiting.Process.Dispose();
        }
    }

    private void Wait(int processId)
    {
        if (_waiting.ContainsKey(processId))
        {
            return;
        }

        try
        {
            SafeFileHandle process = ProcessDescriptor.Open(processId);
            _waiting[processId] = new Waiting(process, loop.Add(process, () => Forget(processId)));
        }
        catch (KernelException failure) when (failure.Errno == Tmds.Linux.LibC.ESRCH)
        {
            // It has ended already.
        }
    }

    private void Forget(int processId)
    {
        if (_waiting.Remove(processId, out Waiting? waiting))
        {
            loop.Remove(waiting.Token, waiting.Process);
            waiting.Process.Dispose();
        }
    }

    private void LookAt(int nspawn)
    {
        foreach (int child in ProcFiles.ChildrenOf(nspawn).Where(ProcFiles.IsFirstOfItsNamespace))
        {
            if (ProcFiles.IdentityOf(child) is { } leader && Leader.IsSetUp(child, nspawn))
            {
                Forget(nspawn);
                if (!machines.Knows(leader))
                {
                    Report(nspawn, leader);
                }

                return;
            }
        }
    }

    private void Report(int nspawn, ProcessIdentity leader)
    {
        NspawnCommandLine command = new(ProcFiles.ArgumentsOf(nspawn));
        if (command.MachineName(ProcFiles.WorkingDirectoryOf(nspawn), Environment.MachineName) is { } name)
        {
            machines.Found(new Sighting(name, command.HostName, leader, command.Ephemeral));
        }
    }

    private sealed record Waiting(SafeFileHandle Process, ulong Token);
}
