using System.Text.Json;

namespace ContainerManager.EngineApi;

/// <summary>Members of what an engine says, which leaves out or sets to null what it has nothing to say about.</summary>
internal static class JsonMembers
{
    /// <summary>Null: it is not there, or null.</summary>
    /// <exception cref="InvalidOperationException">It is no object that could have members.</exception>
    internal static JsonElement? Member(this JsonElement record, string name) =>
        record.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text; null: it is not there, or null.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    internal static string? Text(this JsonElement record, string name) => record.Member(name)?.GetString();
}
