using System.Collections.Immutable;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Records;

/// <summary>
/// Parts of what the server writes down for one that comes after it, as JSON and back. Not by the serializer: to know a type it compiles hundreds of
/// methods when it first meets it, which was a quarter of what a start costs, and a delay of the first device.
/// </summary>
internal static class RecordJson
{
    /// <summary>What <paramref name="read"/> makes of a text.</summary>
    /// <exception cref="FormatException">The text is not one of ours, or damaged.</exception>
    internal static T Read<T>(ReadOnlyMemory<byte> text, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException(damaged.Message, damaged);
        }
    }

    /// <summary>A member; null: it is not there, or null.</summary>
    internal static JsonElement? Member(this JsonElement record, string name) =>
        record.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text that must be there.</summary>
    internal static string Text(this JsonElement record, string name) => Text(record.GetProperty(name));

    internal static ImmutableArray<string> Texts(this JsonElement record, string name) => [.. record.GetProperty(name).EnumerateArray().Select(Text)];

    internal static FileIdentity File(this JsonElement record, string name)
    {
        JsonElement file = record.GetProperty(name), node = file.GetProperty("node");
        return new FileIdentity(
            file.GetProperty("device").GetUInt64(),
            file.GetProperty("inode").GetUInt64(),
            (FileKind)file.GetProperty("kind").GetInt32(),
            new NodeIdentity(
                node.GetProperty("major").GetUInt32(),
                node.GetProperty("minor").GetUInt32(),
                node.GetProperty("mode").GetUInt32(),
                node.GetProperty("owner").GetUInt32(),
                node.GetProperty("group").GetUInt32()));
    }

    /// <summary>Null: it is not there.</summary>
    internal static FileOwner? Owner(this JsonElement record, string name) =>
        record.Member(name) is { } owner ? new FileOwner(owner.GetProperty("user").GetUInt32(), owner.GetProperty("group").GetUInt32()) : null;

    /// <summary>Null is left out.</summary>
    internal static void WriteText(this Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    internal static void WriteTexts(this Utf8JsonWriter json, string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    internal static void WriteFile(this Utf8JsonWriter json, string name, FileIdentity file)
    {
        json.WriteStartObject(name);
        json.WriteNumber("device", file.Device);
        json.WriteNumber("inode", file.Inode);
        json.WriteNumber("kind", (int)file.Kind);
        json.WriteStartObject("node");
        json.WriteNumber("major", file.Node.Major);
        json.WriteNumber("minor", file.Node.Minor);
        json.WriteNumber("mode", file.Node.Mode);
        json.WriteNumber("owner", file.Node.Owner);
        json.WriteNumber("group", file.Node.Group);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Null is left out.</summary>
    internal static void WriteOwner(this Utf8JsonWriter json, string name, FileOwner? given)
    {
        if (given is { } owner)
        {
            json.WriteStartObject(name);
            json.WriteNumber("user", owner.User);
            json.WriteNumber("group", owner.Group);
            json.WriteEndObject();
        }
    }

    /// <summary>Null is left out.</summary>
    internal static void WriteNumber(this Utf8JsonWriter json, string name, uint? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
    }

    private static string Text(JsonElement value) => value.GetString() ?? throw new FormatException("null where a text is expected");
}
