using System.Text.Json.Serialization;

namespace ContainerManager.Cli;

/// <summary>The JSON answer of a verb to which the server only says that it is done.</summary>
/// <param name="Container">Its name.</param>
/// <param name="Path">As it was sent; null where the verb is about the container.</param>
/// <param name="State"><c>detached</c> or <c>stopped</c>.</param>
internal sealed record Outcome(string Container, string? Path, string State);

/// <summary>Generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Outcome))]
internal sealed partial class OutcomeJson : JsonSerializerContext;
