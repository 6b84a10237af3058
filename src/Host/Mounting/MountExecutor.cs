using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Mounting;

/// <summary>Carries out what a strategy describes; on failure undoes what was done, in reverse. Used by all lanes at once.</summary>
internal sealed class MountExecutor(MountNamespaceEntrance entrance, CloneMaker clones)
{
    /// <param name="container">Where.</param>
    /// <param name="actions">What.</param>
    /// <param name="beforeAct">
    /// Called once when everything is prepared and nothing in the container has changed yet, with the id that the mount will have and the
    /// mount points that will be made: the moment to write it down.
    /// </param>
    /// <param name="source">What is known of the source; stays the caller's.</param>
    /// <param name="inside">Mounts there without our entering it; null: nobody does.</param>
    /// <exception cref="KernelException">The kernel refused; nothing is left changed.</exception>
    /// <exception cref="MountRefusedException">The target is not fit; nothing was changed.</exception>
    internal MountOutcome Execute(ContainerEntry container, ImmutableArray<MountAction> actions, Action<MountOutcome>? beforeAct = null, KnownSource source = default, IInsideMounts? inside = null)
    {
        using MountWork work = new(entrance, clones, container, source, beforeAct, inside);
        try
        {
            foreach (MountAction action in actions)
            {
                work.Do(action);
            }
        }
        catch
        {
            work.Undo();
            throw;
        }

        return work.Outcome;
    }
}
