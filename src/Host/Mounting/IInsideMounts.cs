using System.Collections.Immutable;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>Mounts in a container without entering it: somebody inside does. Called by the container's lane, and waits for the answer.</summary>
internal interface IInsideMounts
{
    /// <exception cref="IOException">It could not be done, or there was no answer in time.</exception>
    MountOutcome Attach(DetachedMount clone, string target, ulong replaced);

    /// <exception cref="IOException">It could not be done, or there was no answer in time.</exception>
    void Detach(string target, ulong mountId, ImmutableArray<string> made);
}
