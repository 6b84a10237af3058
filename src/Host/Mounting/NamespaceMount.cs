using System.Collections.Immutable;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// The default: the server clones the source, steps into the container's mount namespace and puts the clone in place. Needs nothing in
/// the container and no propagation.
/// </summary>
internal sealed class NamespaceMount : IMountStrategy
{
    /// <inheritdoc/>
    public string Name => "namespace";

    /// <inheritdoc/>
    public string? ReasonAgainst(ContainerEntry container) => null;

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Attach(MountRequest request) =>
    [
        new MountAction.CloneSource(request.Source, request.Options),
        new MountAction.MakeMountPoint(request.Target),
        new MountAction.AttachClone(request.Target),
    ];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Replace(MountRequest request, AttachedMount current) =>
    [
        new MountAction.CloneSource(request.Source, request.Options),
        new MountAction.MakeMountPoint(request.Target),
        new MountAction.SwapForClone(request.Target, current.MountId),
    ];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Detach(AttachedMount current) =>
    [
        new MountAction.DetachMount(current.Target, current.MountId),
        new MountAction.RemoveMountPoints(current.Made),
    ];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Recognise(AttachedMount recorded) => [new MountAction.Look(recorded.Target, recorded.MountId)];
}
