using System.Collections.Immutable;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.State;

/// <summary>A mount of ours in a container, and what it shows.</summary>
/// <param name="Target">The path inside.</param>
/// <param name="Source">The path on the host it was made from.</param>
/// <param name="Identity">Which file it shows.</param>
/// <param name="Options">How it is mounted.</param>
/// <param name="MountId">The kernel's id of it.</param>
/// <param name="Made">The mount points made for it.</param>
internal sealed record Attachment(
    string Target,
    string Source,
    FileIdentity Identity,
    MountOptions Options,
    ulong MountId,
    ImmutableArray<string> Made)
{
    /// <summary>What a person should know of it although it is there; null: nothing.</summary>
    internal string? Notice { get; init; }

    /// <summary>Of a device node: the container was to be allowed to use it.</summary>
    internal bool Permission { get; init; } = true;

    /// <summary>Somebody in the container has mounted something over it.</summary>
    internal bool Covered { get; init; }

    /// <summary>What is said of one that is covered.</summary>
    internal const string CoveredReason = "somebody in the container has mounted something over it";

    internal AttachedMount Mount => new(Target, MountId, Made);
}

/// <summary>What shall be mounted at a target.</summary>
/// <param name="Source">The path on the host.</param>
/// <param name="Identity">Which file that is.</param>
/// <param name="Options">How.</param>
/// <param name="Permission">Of a device node: the container is to be allowed to use it.</param>
/// <param name="RefusesLinks">As of the pattern: the way to the source may not lead through a symbolic link.</param>
internal sealed record Desired(string Source, FileIdentity Identity, MountOptions Options, bool Permission = true, bool RefusesLinks = false);
