using System.Collections.Frozen;
using System.Text.Json;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>What a look at a container showed.</summary>
/// <param name="Exists">The engine knows it.</param>
/// <param name="Running">How it runs; null: it does not.</param>
internal readonly record struct Observation(bool Exists, ContainerDescription? Running)
{
    /// <summary>The engine does not know it.</summary>
    internal static Observation Absent => new(false, null);

    /// <summary>What the engine's answer to <c>GET /containers/ID/json</c> says.</summary>
    internal static Observation Of(ContainerId id, uint owner, JsonElement container)
    {
        // One that waits to be restarted is "running", too, but has no process.
        bool runs = container.Member("State") is { } state && state.Member("Running")?.GetBoolean() == true && state.Member("Pid")?.GetInt32() > 0;
        return new Observation(true, runs ? Describe(id, owner, container) : null);
    }

    private static ContainerDescription Describe(ContainerId id, uint owner, JsonElement container)
    {
        JsonElement? configuration = container.Member("Config");
        return new ContainerDescription
        {
            Id = id,
            Name = NameOf(id, container),
            ProcessId = container.GetProperty("State").GetProperty("Pid").GetInt32(),
            HostName = configuration?.Text("Hostname") is { } name && IsWord(name) ? name : null,
            User = configuration?.Text("User") is { Length: > 0 and <= 255 } user ? user : null,
            Image = configuration?.Text("Image") is { Length: > 0 } image ? image : null,
            Owner = owner,
            Labels = configuration?.Member("Labels") is { } labels
                ? labels.EnumerateObject().DistinctBy(label => label.Name).ToFrozenDictionary(label => label.Name, label => label.Value.GetString() ?? "")
                : FrozenDictionary<string, string>.Empty,
        };
    }

    /// <summary>The short id where an engine says something that no engine would take for a name: it is shown, and matched with patterns.</summary>
    private static string NameOf(ContainerId id, JsonElement container)
    {
        string name = container.Text("Name")?.TrimStart('/') ?? "";
        string own = id.Value[(id.Value.LastIndexOf('-') + 1)..];
        return IsWord(name) ? name : own[..Math.Min(12, own.Length)];
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 255 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

/// <summary>A word of the engine that something happened to a container.</summary>
/// <param name="Id">Its full id.</param>
/// <param name="Destroyed">It is gone for good.</param>
internal readonly record struct Change(string Id, bool Destroyed);
