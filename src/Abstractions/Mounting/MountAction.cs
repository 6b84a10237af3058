using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>
/// One thing the core does to carry out a mount operation. A closed family, carried out in the order given; when one fails, those
/// before it are undone in reverse.
/// </summary>
public abstract record MountAction
{
    private MountAction() { }

    /// <summary>
    /// Outside: clones the source with its options as a detached, private mount (open_tree(2), mount_setattr(2)).
    /// Undone by closing it.
    /// </summary>
    public sealed record CloneSource(string Source, MountOptions Options) : MountAction;

    /// <summary>
    /// Makes the target and its missing parents inside, of the clone's kind (directory or file), owned by the container's root.
    /// Nothing to do where it exists. Undone by removing what was made.
    /// </summary>
    public sealed record MakeMountPoint(string Target) : MountAction;

    /// <summary>Inside: puts the clone on the target (move_mount(2)). Undone by detaching it.</summary>
    public sealed record AttachClone(string Target) : MountAction;

    /// <summary>
    /// Inside: puts the clone in the place of our mount <paramref name="MountId"/> so that no reader sees a gap (MOVE_MOUNT_BENEATH,
    /// Linux 6.5+; before: detach, then attach). Where our mount is gone, as <see cref="AttachClone"/>.
    /// </summary>
    public sealed record SwapForClone(string Target, ulong MountId) : MountAction;

    /// <summary>Inside: takes our mount away, if it is still there and still ours. Cannot be undone; last but for the next.</summary>
    public sealed record DetachMount(string Target, ulong MountId) : MountAction;

    /// <summary>
    /// Puts the clone where the container sees it by propagation (mount_namespaces(7)), and has the client that was started inside move it on the target, for
    /// which it makes what is missing; in the place of our mount <paramref name="Replaced"/>, if that is not 0. Undone by taking it away again.
    /// </summary>
    public sealed record PropagateClone(string Target, ulong Replaced) : MountAction;

    /// <summary>Has the client take our mount away, and what was made to mount upon. Cannot be undone; last.</summary>
    public sealed record WithdrawClone(string Target, ulong MountId, ImmutableArray<string> Made) : MountAction;

    /// <summary>Removes mount points that we made, innermost first, as far as they are empty.</summary>
    public sealed record RemoveMountPoints(ImmutableArray<string> Made) : MountAction;

    /// <summary>Looks whether our mount <paramref name="MountId"/> is on the target, and what it shows.</summary>
    public sealed record Look(string Target, ulong MountId) : MountAction;
}
