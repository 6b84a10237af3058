using System.Text.Json;
using System.Text.Json.Nodes;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Control;
using Json.Schema;

namespace ContainerManager.Tests.Unit.Configuration;

/// <summary>The schema, by which editors complete and check, says what the parser says.</summary>
public sealed class SchemaTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Configuration", "Scenarios");
    private static readonly JsonDocumentOptions s_asOurs = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly string s_text = new StreamReader(ConfigurationSchema.Open()).ReadToEnd();
    private static readonly JsonSchema s_schema = JsonSchema.FromText(s_text);

    public static TheoryData<string> Good => [.. Directory.GetFiles(Folder, "*.conf").Where(file => Parse(file).Configuration is not null).Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Good))]
    public void What_the_parser_takes_is_valid(string file)
    {
        JsonNode? content = JsonNode.Parse(Trimmed(file), documentOptions: s_asOurs);
        EvaluationResults results = s_schema.Evaluate(content, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, string.Join('\n', results.Details.Where(detail => detail.HasErrors).Select(detail => $"{detail.InstanceLocation}: {string.Join("; ", detail.Errors!.Values)}")));
    }

    [Theory]
    [InlineData("""{ "containerConfig": {} }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_automont": {} } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_automount": { "/x": "absolute" } } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_automount": { "x": "Absolute" } } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_automount": { "/x": { "owner": "root:root" } } } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_udev_filters": [{}] } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_client": "sometimes" } } }""")]
    [InlineData("""{ "containerConfigs": { "a": { "_namespace": {} } } }""")]
    [InlineData("""{ "settings": { "logLevel": "loud" } }""")]
    [InlineData("""{ "settings": { "unmountOnExit": "true" } }""")]
    [InlineData("""{ "settings": { "labels": { "paths": "/srv" } } }""")]
    public void What_the_parser_refuses_is_not_valid(string text)
    {
        Assert.Null(ConfigurationParser.Parse(System.Text.Encoding.UTF8.GetBytes(text), "f").Configuration);
        Assert.False(s_schema.Evaluate(JsonNode.Parse(text)).IsValid);
    }

    /// <summary>The parser's list of keys is that of the schema, at each place: neither can be forgotten when one is added.</summary>
    [Theory]
    [InlineData("""{ "?": 1 }""", "")]
    [InlineData("""{ "containerConfigs": { "a": { "?": 1 } } }""", "$defs/container")]
    [InlineData("""{ "containerConfigs": { "a": { "_automount": { "/x": { "?": 1 } } } } }""", "$defs/how/anyOf/1")]
    [InlineData("""{ "containerConfigs": { "a": { "_udev_filters": [{ "?": 1, "tag": "x" }] } } }""", "$defs/filter/anyOf/1")]
    [InlineData("""{ "containerConfigs": { "a": { "_udev_filters": [{ "parent": { "?": 1, "tag": "x" } }] } } }""", "$defs/condition")]
    [InlineData("""{ "containerConfigs": { "a": { "_namespace": { "?": 1, "command": ["x"] } } } }""", "$defs/namespace")]
    [InlineData("""{ "containerConfigs": { "a": { "_match": { "?": 1, "image": "x" } } } }""", "$defs/container/properties/_match")]
    [InlineData("""{ "settings": { "?": 1 } }""", "$defs/settings")]
    [InlineData("""{ "settings": { "labels": { "?": 1 } } }""", "$defs/settings/properties/labels")]
    public void Both_know_the_same_keys(string wrong, string place)
    {
        ConfigurationError error = Assert.Single(ConfigurationParser.Parse(System.Text.Encoding.UTF8.GetBytes(wrong), "f").Errors);
        JsonNode node = JsonNode.Parse(s_text)!;
        foreach (string step in place.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!;
        }

        Assert.Equal(
            node["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal),
            error.Expected["one of ".Length..].Split(", ").Order(StringComparer.Ordinal));
    }

    private static ConfigurationResult Parse(string file) => ConfigurationParser.Parse(File.ReadAllBytes(file), file);

    private static string Trimmed(string file) => File.ReadAllText(Path.Combine(Folder, file)).TrimStart('\uFEFF');
}
