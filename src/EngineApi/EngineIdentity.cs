using System.Collections.Immutable;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>Whose containers an engine has, and how it speaks of them.</summary>
public sealed record EngineIdentity
{
    /// <summary>The runtime, such as <c>docker</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>The user of the host whose engine it is; 0: root.</summary>
    public required uint Owner { get; init; }

    /// <summary>What comes before the engine's own container ids, so that no engine can speak of another's containers.</summary>
    public string IdPrefix { get; init; } = "";

    /// <summary>The words of <c>GET /events</c> for what changes which containers run, by what name: the filter of the subscription.</summary>
    public required ImmutableArray<string> Events { get; init; }

    /// <summary>Those of <see cref="Events"/> after which the container is gone for good.</summary>
    public required ImmutableArray<string> Removals { get; init; }

    /// <summary>
    /// Looked at before a container is entered; throws <see cref="IOException"/> when it is not to be. For engines whose word about
    /// processes is not to be believed: they are not asked about it a second time, which they could let take as long as they like.
    /// </summary>
    public Action<ContainerEntry, ContainerDescription>? Check { get; init; }

    internal ContainerId IdOf(string id) => new(Runtime, IdPrefix + id);

    /// <summary>The engine's own id of a container, or null when it is none of this engine's.</summary>
    internal string? Own(ContainerId id) => id.Value.StartsWith(IdPrefix, StringComparison.Ordinal) ? id.Value[IdPrefix.Length..] : null;
}
