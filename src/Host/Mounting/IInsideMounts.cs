using System.Collections.Immutable;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>Mounts in a container without entering it: somebody inside does. Called by the container's lane, and waits for the answer.</summary>
internal interface IInsideMounts
{
    /// <param name="clone">What is to be mounted; stays the caller's.</param>
    /// <param name="target">Where, inside.</param>
    /// <param name="replaced">The id of the mount that is there and goes; 0: none.</param>
    /// <param name="beforeAct">Called before anything in the container changes, with the id that the mount will have there. It is a claim of the container's.</param>
    /// <exception cref="IOException">It could not be done; or there was no answer in time, and it may have been done.</exception>
    void Attach(DetachedMount clone, string target, ulong replaced, Action<ulong> beforeAct);

    /// <exception cref="IOException">It could not be done, or there was no answer in time.</exception>
    void Detach(string target, ulong mountId, ImmutableArray<string> made);
}
