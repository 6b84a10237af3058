using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ContainerManager.Protocol;
using Json.Schema;

namespace ContainerManager.Tests.Control;

/// <summary>What the OpenAPI document says is so.</summary>
public sealed partial class OpenApiTests : IAsyncLifetime
{
    private ServedEngine _served = null!;
    private JsonNode _document = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedEngine.StartAsync();
        _document = (await _served.Http.GetFromJsonAsync<JsonNode>(ControlAddress.Description, Stop))!;
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    /// <summary>Read from the source: a route that somebody adds and does not describe is found.</summary>
    [Fact]
    public void EveryRouteIsDescribedAndNoOther()
    {
        string source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "source", "ControlRoutes.cs"));
        IEnumerable<string> routes = Route().Matches(source).Select(match =>
            $"{match.Groups[2].Value.ToLowerInvariant()} /{string.Join('/', match.Groups[1].Value.Split(", ").Skip(1).Select(part => part.StartsWith("var ", StringComparison.Ordinal) ? $"{{{part[4..]}}}" : part.Trim('"')))}");
        IEnumerable<string> described = _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key} {path.Key}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.True(described.Count() > 20);
    }

    [Theory]
    [InlineData("/v1/version")]
    [InlineData("/v1/status")]
    [InlineData("/v1/plugins")]
    [InlineData("/v1/devices")]
    [InlineData("/v1/why?device=/dev/x&container=web", "/v1/why")]
    [InlineData("/v1/doctor")]
    [InlineData("/v1/programs")]
    [InlineData("/v1/config")]
    public async Task RepliesAreAsDescribed(string address, string? path = null)
    {
        JsonNode? reply = await _served.Http.GetFromJsonAsync<JsonNode>(address, Stop);
        AssertFits(reply, SchemaOf(path ?? address, "get", "200"));
    }

    [Fact]
    public async Task RefusalsAreAsDescribed()
    {
        using HttpResponseMessage response = await _served.Http.PostAsJsonAsync("/v1/containers/nobody/bindings", new BindRequest("/a", null, false), ControlJson.Default.BindRequest, Stop);
        AssertFits(await response.Content.ReadFromJsonAsync<JsonNode>(Stop), SchemaOf("/v1/containers/{name}/bindings", "post", "default"));
    }

    /// <summary>The schemas are no empty ones.</summary>
    [Fact]
    public void WhatIsNotAsDescribedDoesNotFit()
    {
        JsonSchema status = SchemaOf("/v1/status", "get", "200");
        Assert.False(status.Evaluate(JsonNode.Parse("""{ "version": 1 }""")).IsValid);
        Assert.False(status.Evaluate(JsonNode.Parse("""{ "version": "1", "containers": [{ "name": null }] }""")).IsValid);
        Assert.False(status.Evaluate(JsonNode.Parse("[]")).IsValid);
    }

    private JsonSchema SchemaOf(string path, string method, string status)
    {
        string reference = _document["paths"]![path]![method]!["responses"]![status]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>();
        return JsonSchema.FromText(_document["components"]!["schemas"]![reference.Split('/')[^1]]!.ToJsonString());
    }

    private static void AssertFits(JsonNode? value, JsonSchema schema)
    {
        EvaluationResults results = schema.Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, $"{value?.ToJsonString()}\n{string.Join('\n', results.Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}"))}");
    }

    [GeneratedRegex("""^ +\(\[(.*?)\], "([A-Z]+)"\) =>""", RegexOptions.Multiline)]
    private static partial Regex Route();
}
