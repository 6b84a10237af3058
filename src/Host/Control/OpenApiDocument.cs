using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Control;

/// <summary>
/// The control API for people and programs that do not read C#: an OpenAPI 3.1 document. The schemas are made of the very types that are sent, the list of
/// operations is held to <see cref="ControlRoutes"/> by a test.
/// </summary>
internal static class OpenApiDocument
{
    private static readonly ControlJson s_types = ControlJson.Default;

    private static readonly JsonSchemaExporterOptions s_exporter = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = WithoutNulls };

    private static readonly Operation[] s_operations =
    [
        new("get", "/metrics", "What is counted and measured, in the text format of Prometheus"),
        new("get", "/v1/version", "The server's version", Reply: s_types.VersionReply),
        new("get", "/v1/status", "What the server knows at this moment: runtimes, containers, bindings", Reply: s_types.StatusReply),
        new("get", "/v1/events", "What happens, one JSON object a line, from now on; follow=false: what has happened lately, and then it ends", Query: ["follow"],
            Reply: s_types.EventRecord, MediaType: ControlAddress.EventsMediaType),
        new("get", "/v1/devices", "The devices that containers have; of one container, or of all", Query: ["container"], Reply: s_types.DevicesReply),
        new("get", "/v1/why", "Whether a container gets a device, and why", Query: ["device", "container"], Reply: s_types.WhyReply),
        new("get", "/v1/doctor", "Whether the host has what the server and its configuration need", Reply: s_types.DoctorReply),
        new("get", "/v1/plugins", "Each plugin, and what is wrong with it", Reply: s_types.PluginsReply),
        new("post", "/v1/plugins/{name}/reload", "Loads a plugin again; that it failed is an answer", Reply: s_types.PluginStatus),
        new("get", "/v1/programs", "The programs that nobody waits for", Reply: s_types.ProgramsReply),
        new("get", "/v1/config", "The configuration in force, and what is wrong with the files", Reply: s_types.ConfigurationReply),
        new("post", "/v1/config/reload", "Reads the files again; that they are wrong is an answer", Reply: s_types.ConfigurationReply),
        new("post", "/v1/config/check", "What is wrong with a file", s_types.ConfigurationRequest, s_types.ConfigurationCheck),
        new("post", "/v1/config/diff", "What a file would do, if it were in force", s_types.ConfigurationRequest, s_types.ConfigurationDifference),
        new("get", "/v1/config/schema", "The JSON Schema of the configuration file", MediaType: "application/schema+json"),
        new("get", "/v1/openapi.json", "This document"),
        new("post", "/v1/containers", "Starts a light container; answered when its command runs", s_types.SpawnRequest, s_types.ContainerStatus),
        new("delete", "/v1/containers/{name}", "Ends a container that was spawned"),
        new("post", "/v1/containers/{name}/bindings", "Binds a path, now and whenever it comes back; answered when it is attached, waits or has failed",
            s_types.BindRequest, s_types.BindingStatus),
        new("delete", "/v1/containers/{name}/bindings", "Takes back what was bound there, named by its path inside or on the host", Query: ["target"]),
        new("post", "/v1/containers/{name}/programs", "Starts a program that nobody waits for; answered when it runs", s_types.ProgramRequest, s_types.ProgramStatus),
        new("delete", "/v1/containers/{name}/programs/{number}", "Ends such a program"),
        new("post", "/v1/containers/{name}/runs", $"Runs a program: with an upgrade to {ControlAddress.RunProtocol} the connection becomes a stream of frames", Status: "101"),
    ];

    /// <summary>What container-util makes of several replies, or of none, and prints with <c>--json</c>: so that there is one place that describes all of it.</summary>
    private static readonly JsonTypeInfo[] s_printed = [s_types.CheckReply, s_types.ApplicationsReply, s_types.Outcome];

    internal static JsonObject Create()
    {
        JsonObject paths = [], schemas = [];
        foreach (IGrouping<string, Operation> path in s_operations.GroupBy(operation => operation.Path))
        {
            paths[path.Key] = new JsonObject(path.Select(operation => KeyValuePair.Create<string, JsonNode?>(operation.Method, Of(operation, schemas))));
        }

        foreach (JsonTypeInfo printed in s_printed)
        {
            Schema(printed, schemas);
        }

        string error = Schema(s_types.ErrorReply, schemas);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Control API of Container Manager",
                ["version"] = "1",
                ["description"] = $"On the unix socket {ControlAddress.DefaultSocket}: curl --unix-socket {ControlAddress.DefaultSocket} http://server/v1/status. "
                    + "GET and config/check need the right to read, all else the right to control. What is not a success has an "
                    + $"{error.Split('/')[^1]} as its body: 400 the request is wrong, 403 you may not, 404 there is no such thing, 409 it contradicts what is there, 422 it could not be done. "
                    + $"'container-util --json' prints these same types; {string.Join(", ", s_printed.Select(type => type.Type.Name))} are its own.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://server" }),
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static JsonObject Of(Operation operation, JsonObject schemas)
    {
        JsonObject result = new() { ["summary"] = operation.Summary };
        JsonArray parameters =
        [
            .. operation.Path.Split('/').Where(part => part.StartsWith('{')).Select(part => Parameter(part.Trim('{', '}'), "path")),
            .. (operation.Query ?? []).Select(name => Parameter(name, "query")),
        ];
        if (parameters.Count > 0)
        {
            result["parameters"] = parameters;
        }

        if (operation.Request is not null)
        {
            result["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", operation.Request, schemas) };
        }

        string status = operation.Status ?? (operation is { Method: "delete" } ? "204" : "200");
        JsonObject success = new() { ["description"] = "Done" };
        if (operation.Reply is not null)
        {
            success["content"] = Content(operation.MediaType, operation.Reply, schemas);
        }

        result["responses"] = new JsonObject
        {
            [status] = success,
            ["default"] = new JsonObject { ["description"] = "Refused", ["content"] = Content("application/json", s_types.ErrorReply, schemas) },
        };
        return result;
    }

    private static JsonObject Parameter(string name, string where) =>
        new() { ["name"] = name, ["in"] = where, ["required"] = where == "path", ["schema"] = new JsonObject { ["type"] = "string" } };

    private static JsonObject Content(string mediaType, JsonTypeInfo type, JsonObject schemas) =>
        new() { [mediaType] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Schema(type, schemas) } } };

    /// <returns>The reference to it.</returns>
    private static string Schema(JsonTypeInfo type, JsonObject schemas)
    {
        schemas[type.Type.Name] ??= type.GetJsonSchemaAsNode(s_exporter);
        return $"#/components/schemas/{type.Type.Name}";
    }

    /// <summary>What is null is left out of what is sent, and so may be of what is received.</summary>
    private static JsonNode WithoutNulls(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (schema is JsonObject o && o["required"] is JsonArray required && o["properties"] is JsonObject properties)
        {
            o["required"] = new JsonArray([.. required.Where(name => !MayBeNull(properties[name!.GetValue<string>()])).Select(name => name!.DeepClone())]);
        }

        return schema;
    }

    private static bool MayBeNull(JsonNode? schema) => schema is JsonObject o && o["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null");

    private sealed record Operation(
        string Method,
        string Path,
        string Summary,
        JsonTypeInfo? Request = null,
        JsonTypeInfo? Reply = null,
        string[]? Query = null,
        string MediaType = "application/json",
        string? Status = null);
}
