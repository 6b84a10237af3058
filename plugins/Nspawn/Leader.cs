namespace ContainerManager.Plugins.Nspawn;

/// <summary>The first process of a machine, while nspawn still makes the machine ready.</summary>
internal static class Leader
{
    /// <summary>
    /// Everything that nspawn mounts is in place: the leader, or the program started by the stub that <c>--as-pid2</c> makes of it, is no
    /// copy of the nspawn process any more.
    /// </summary>
    /// <remarks>The root is final long before, but /proc, /sys and /tmp are mounted last: what we put there before would be covered.</remarks>
    internal static bool IsSetUp(int leader, int nspawn)
    {
        byte[] copied = ProcFiles.CommandLineOf(nspawn);
        return !ProcFiles.HasCommandLine(leader, copied) || ProcFiles.ChildrenOf(leader).Any(child => !ProcFiles.HasCommandLine(child, copied));
    }
}
