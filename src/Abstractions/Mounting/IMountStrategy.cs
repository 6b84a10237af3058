using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>
/// A way to get mounts into a container. It describes; the core's executor does. Pure: no I/O, no state, called on any thread.
/// </summary>
public interface IMountStrategy
{
    /// <summary>What <c>_strategy</c> in the configuration and <c>status</c> call it.</summary>
    string Name { get; }

    /// <summary>Null when the strategy can serve the container; otherwise the reason, for a person to read.</summary>
    string? ReasonAgainst(ContainerEntry container);

    /// <summary>Mounts something where nothing of ours is.</summary>
    ImmutableArray<MountAction> Attach(MountRequest request);

    /// <summary>Mounts something in the place of <paramref name="current"/>, without a gap where the kernel can.</summary>
    ImmutableArray<MountAction> Replace(MountRequest request, AttachedMount current);

    /// <summary>Takes <paramref name="current"/> away with the mount points made for it.</summary>
    ImmutableArray<MountAction> Detach(AttachedMount current);

    /// <summary>Finds out what is left of <paramref name="recorded"/> after a restart of the server.</summary>
    ImmutableArray<MountAction> Recognise(AttachedMount recorded);
}
