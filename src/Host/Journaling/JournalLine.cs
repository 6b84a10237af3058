using System.Buffers;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Journaling;

/// <summary>
/// A record as one line of JSON and back. Not by the serializer: to know these types it compiles hundreds of methods when it is first used, which
/// was a quarter of what the server's start costs.
/// </summary>
internal static class JournalLine
{
    /// <summary>Appends the line to <paramref name="lines"/>, with its end.</summary>
    internal static void Write(JournalRecord record, Utf8JsonWriter json, IBufferWriter<byte> lines)
    {
        json.Reset(lines);
        json.WriteStartObject();
        Write(json, "boot", record.Boot);
        Write(json, "attach", record.Attach);
        Write(json, "detach", record.Detach);
        Write(json, "left", record.Left);
        Write(json, "forget", record.Forget);
        Write(json, "bind", record.Bind);
        Write(json, "unbind", record.Unbind);
        json.WriteEndObject();
        json.Flush();
        lines.Write("\n"u8);
    }

    /// <summary>What a line says, which comes without its end.</summary>
    /// <exception cref="FormatException">It is not one of ours, or damaged.</exception>
    internal static JournalRecord Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement record = document.RootElement;
            return new JournalRecord
            {
                Boot = Member(record, "boot")?.GetString(),
                Attach = Attachment(Member(record, "attach")),
                Detach = Attachment(Member(record, "detach")),
                Left = Attachment(Member(record, "left")),
                Forget = Member(record, "forget")?.GetString(),
                Bind = Request(Member(record, "bind")),
                Unbind = Request(Member(record, "unbind")),
            };
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException(damaged.Message, damaged);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, RecordedAttachment? attachment)
    {
        if (attachment is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("runtime", attachment.Runtime);
        json.WriteString("container", attachment.Container);
        json.WriteString("target", attachment.Target);
        json.WriteString("source", attachment.Source);
        Write(json, attachment.Options);
        json.WriteNumber("mountId", attachment.MountId);
        json.WriteStartArray("made");
        foreach (string made in attachment.Made)
        {
            json.WriteStringValue(made);
        }

        json.WriteEndArray();
        if (attachment.Replaces is { } replaced)
        {
            json.WriteNumber("replaces", replaced);
        }

        if (attachment.Node is { } node)
        {
            Write(json, node);
        }

        if (attachment.Permission is { } permission)
        {
            json.WriteBoolean("permission", permission);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, RecordedRequest? request)
    {
        if (request is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("container", request.Container);
        json.WriteString("source", request.Source);
        json.WriteString("target", request.Target);
        Write(json, request.Options);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MountOptions options)
    {
        json.WriteStartObject("options");
        json.WriteBoolean("readOnly", options.ReadOnly);
        json.WriteBoolean("noExec", options.NoExec);
        json.WriteBoolean("recursive", options.Recursive);
        if (options.Owner is { } owner)
        {
            json.WriteStartObject("owner");
            json.WriteNumber("user", owner.User);
            json.WriteNumber("group", owner.Group);
            json.WriteEndObject();
        }

        if (options.Mode is { } mode)
        {
            json.WriteNumber("mode", mode);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FileIdentity file)
    {
        json.WriteStartObject("node");
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

    private static RecordedAttachment? Attachment(JsonElement? line) => line is not { } attachment ? null : new(
        Text(attachment, "runtime"),
        Text(attachment, "container"),
        Text(attachment, "target"),
        Text(attachment, "source"),
        Options(attachment.GetProperty("options")),
        attachment.GetProperty("mountId").GetUInt64(),
        [.. attachment.GetProperty("made").EnumerateArray().Select(Text)],
        Member(attachment, "replaces")?.GetUInt64(),
        Member(attachment, "node") is { } node ? Identity(node) : null,
        Member(attachment, "permission")?.GetBoolean());

    private static RecordedRequest? Request(JsonElement? line) => line is not { } request ? null : new(
        Text(request, "container"),
        Text(request, "source"),
        Text(request, "target"),
        Options(request.GetProperty("options")));

    private static MountOptions Options(JsonElement options) => new()
    {
        ReadOnly = Member(options, "readOnly")?.GetBoolean() ?? false,
        NoExec = Member(options, "noExec")?.GetBoolean() ?? false,
        Recursive = Member(options, "recursive")?.GetBoolean() ?? true,
        Owner = Member(options, "owner") is { } owner ? new FileOwner(owner.GetProperty("user").GetUInt32(), owner.GetProperty("group").GetUInt32()) : null,
        Mode = Member(options, "mode")?.GetUInt32(),
    };

    private static FileIdentity Identity(JsonElement file)
    {
        JsonElement node = file.GetProperty("node");
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

    private static JsonElement? Member(JsonElement record, string name) =>
        record.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Text(JsonElement record, string name) => Text(record.GetProperty(name));

    private static string Text(JsonElement value) => value.GetString() ?? throw new FormatException("null where a text is expected");
}
