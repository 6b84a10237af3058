using System.Text.Json.Nodes;
using ContainerManager.Protocol;
using Json.Schema;

namespace ContainerManager.Tests.Integration.Cli;

/// <summary>The schemas of a server's own description of what it says, and of what container-util prints.</summary>
internal sealed class DescribedJson
{
    private readonly JsonNode _schemas;

    private DescribedJson(JsonNode schemas) => _schemas = schemas;

    internal static async Task<DescribedJson> OfAsync(HttpClient server, CancellationToken cancellationToken) =>
        new(JsonNode.Parse(await server.GetStringAsync(ControlAddress.Description, cancellationToken))!["components"]!["schemas"]!);

    internal void AssertFits(string text, string schema)
    {
        EvaluationResults results = JsonSchema.FromText(_schemas[schema]!.ToJsonString()).Evaluate(JsonNode.Parse(text), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, $"{text}\n{string.Join('\n', results.Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}"))}");
    }
}
