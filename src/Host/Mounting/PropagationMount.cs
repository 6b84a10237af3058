using System.Collections.Immutable;
using ContainerManager.Abstractions;

namespace ContainerManager.Host.Mounting;

/// <summary>
/// For containers that the server may not enter: the server mounts in a shared directory that the container sees as a slave, and the client that was started
/// inside moves it from there to where it belongs.
/// </summary>
internal sealed class PropagationMount : IMountStrategy
{
    internal const string StrategyName = "propagation";

    /// <inheritdoc/>
    public string Name => StrategyName;

    /// <inheritdoc/>
    public string? ReasonAgainst(ContainerEntry container) => null;

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Attach(MountRequest request) =>
        [new MountAction.CloneSource(request.Source, request.Options), new MountAction.PropagateClone(request.Target, 0)];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Replace(MountRequest request, AttachedMount current) =>
        [new MountAction.CloneSource(request.Source, request.Options), new MountAction.PropagateClone(request.Target, current.MountId)];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Detach(AttachedMount current) => [new MountAction.WithdrawClone(current.Target, current.MountId, current.Made)];

    /// <inheritdoc/>
    public ImmutableArray<MountAction> Recognise(AttachedMount recorded) => [new MountAction.Look(recorded.Target, recorded.MountId)];
}
