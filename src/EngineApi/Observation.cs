using System.Collections.Frozen;
using ContainerManager.Abstractions;
using Docker.DotNet.Models;

namespace ContainerManager.EngineApi;

/// <summary>What a look at a container showed.</summary>
/// <param name="Exists">The engine knows it.</param>
/// <param name="Running">How it runs; null: it does not.</param>
internal readonly record struct Observation(bool Exists, ContainerDescription? Running)
{
    /// <summary>The engine does not know it.</summary>
    internal static Observation Absent => new(false, null);

    internal static Observation Of(ContainerId id, uint owner, ContainerInspectResponse container)
    {
        // One that waits to be restarted is "running", too, but has no process.
        bool runs = container.State is { Running: true, Pid: > 0 };
        return new Observation(true, runs ? Describe(id, owner, container) : null);
    }

    private static ContainerDescription Describe(ContainerId id, uint owner, ContainerInspectResponse container) => new()
    {
        Id = id,
        Name = NameOf(id, container),
        ProcessId = (int)container.State!.Pid,
        HostName = container.Config?.Hostname is { } name && IsWord(name) ? name : null,
        User = container.Config?.User is { Length: > 0 and <= 255 } user ? user : null,
        Image = container.Config?.Image is { Length: > 0 } image ? image : null,
        Owner = owner,
        Labels = container.Config?.Labels?.ToFrozenDictionary() ?? FrozenDictionary<string, string>.Empty,
    };

    /// <summary>The short id where an engine says something that no engine would take for a name: it is shown, and matched with patterns.</summary>
    private static string NameOf(ContainerId id, ContainerInspectResponse container)
    {
        string name = container.Name?.TrimStart('/') ?? "";
        string own = id.Value[(id.Value.LastIndexOf('-') + 1)..];
        return IsWord(name) ? name : own[..Math.Min(12, own.Length)];
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 255 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

/// <summary>A word of the engine that something happened to a container.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Destroyed">It is gone for good.</param>
internal readonly record struct Change(string Id, bool Destroyed);
