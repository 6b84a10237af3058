using System.Buffers;
using System.Text.Json;
using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>
/// The JSON form of records. Not by the serializer: in code that can be unloaded it compiles all that it needs for a type when it first meets it,
/// which the first container would wait for.
/// </summary>
internal static class RecordJson
{
    internal static byte[] Write(ContainerRecord record)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            Write(json, record.Request);
            if (record.Init is { } init)
            {
                json.WriteStartObject("Init");
                json.WriteNumber("ProcessId", init.ProcessId);
                json.WriteNumber("StartTime", init.StartTime);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">It is no record.</exception>
    internal static ContainerRecord Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement record = document.RootElement;
            return new ContainerRecord(
                Request(record.GetProperty("Request")),
                record.TryGetProperty("Init", out JsonElement init) && init.ValueKind != JsonValueKind.Null
                    ? new ProcessIdentity(init.GetProperty("ProcessId").GetInt32(), init.GetProperty("StartTime").GetUInt64())
                    : null);
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException(damaged.Message, damaged);
        }
    }

    private static void Write(Utf8JsonWriter json, LaunchRequest request)
    {
        json.WriteStartObject("Request");
        json.WriteString("Name", request.Name);
        json.WriteStartArray("Command");
        foreach (string word in request.Command)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteString("Root", request.Root);
        json.WriteBoolean("HostNetwork", request.HostNetwork);
        json.WriteBoolean("UserNamespace", request.UserNamespace);
        json.WriteString("Restart", request.Restart.ToString());
        json.WriteEndObject();
    }

    private static LaunchRequest Request(JsonElement request) => new()
    {
        Name = Text(request.GetProperty("Name")),
        Command = [.. request.GetProperty("Command").EnumerateArray().Select(Text)],
        Root = request.GetProperty("Root").GetString(),
        HostNetwork = request.GetProperty("HostNetwork").GetBoolean(),
        UserNamespace = request.GetProperty("UserNamespace").GetBoolean(),
        Restart = Enum.TryParse(request.GetProperty("Restart").GetString(), out RestartPolicy restart) ? restart : throw new FormatException("no restart policy"),
    };

    private static string Text(JsonElement value) => value.GetString() ?? throw new FormatException("null where a text is expected");
}
