using System.Collections.Frozen;

namespace ContainerManager.Abstractions;

/// <summary>What a runtime tells of one running container.</summary>
public sealed record ContainerDescription
{
    /// <summary>Stable for the life of the container.</summary>
    public required ContainerId Id { get; init; }

    /// <summary>The name a person gives it and the configuration refers to, without decoration (no leading slash).</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The host's process id of its first process. It changes when the container restarts: the same <see cref="Id"/> with
    /// another process is a new run.
    /// </summary>
    public required int ProcessId { get; init; }

    /// <summary>The host name inside, or null where it is not known. Configuration keys match it too.</summary>
    public string? HostName { get; init; }

    /// <summary>Whom its programs run as (<c>NAME</c> or <c>UID</c>, with <c>:GROUP</c> if wanted), as seen inside; null: root.</summary>
    public string? User { get; init; }

    /// <summary>The image that it was made from, as whoever made it named it; null where there is none, or it is not known.</summary>
    public string? Image { get; init; }

    /// <summary>
    /// The user of the host whose engine it is, and who therefore may have chosen its name, its image and its labels; 0: root. Null: not known.
    /// </summary>
    public uint? Owner { get; init; }

    /// <summary>The labels the runtime keeps for it.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = FrozenDictionary<string, string>.Empty;
}
