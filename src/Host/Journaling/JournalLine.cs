using System.Buffers;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Host.Records;

namespace ContainerManager.Host.Journaling;

/// <summary>A record as one line of JSON, and back.</summary>
internal static class JournalLine
{
    /// <summary>Appends the line to <paramref name="lines"/>, with its end.</summary>
    internal static void Write(JournalRecord record, Utf8JsonWriter json, IBufferWriter<byte> lines)
    {
        json.Reset(lines);
        json.WriteStartObject();
        json.WriteText("boot", record.Boot);
        Write(json, "attach", record.Attach);
        Write(json, "detach", record.Detach);
        Write(json, "left", record.Left);
        json.WriteText("forget", record.Forget);
        Write(json, "bind", record.Bind);
        Write(json, "unbind", record.Unbind);
        json.WriteEndObject();
        json.Flush();
        lines.Write("\n"u8);
    }

    /// <summary>What a line says, which comes without its end.</summary>
    /// <exception cref="FormatException">It is not one of ours, or damaged.</exception>
    internal static JournalRecord Read(ReadOnlyMemory<byte> line) => RecordJson.Read(line, record => new JournalRecord
    {
        Boot = record.Member("boot")?.GetString(),
        Attach = Attachment(record.Member("attach")),
        Detach = Attachment(record.Member("detach")),
        Left = Attachment(record.Member("left")),
        Forget = record.Member("forget")?.GetString(),
        Bind = Request(record.Member("bind")),
        Unbind = Request(record.Member("unbind")),
    });

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
        json.WriteTexts("made", attachment.Made);
        if (attachment.Replaces is { } replaced)
        {
            json.WriteNumber("replaces", replaced);
        }

        if (attachment.Node is { } node)
        {
            json.WriteFile("node", node);
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
        json.WriteOwner("owner", options.Owner);
        json.WriteNumber("mode", options.Mode);
        json.WriteBoolean("recursive", options.Recursive);
        json.WriteEndObject();
    }

    private static RecordedAttachment? Attachment(JsonElement? line) => line is not { } attachment ? null : new(
        attachment.Text("runtime"),
        attachment.Text("container"),
        attachment.Text("target"),
        attachment.Text("source"),
        Options(attachment.GetProperty("options")),
        attachment.GetProperty("mountId").GetUInt64(),
        attachment.Texts("made"),
        attachment.Member("replaces")?.GetUInt64(),
        attachment.Member("node") is null ? null : attachment.File("node"),
        attachment.Member("permission")?.GetBoolean());

    private static RecordedRequest? Request(JsonElement? line) => line is not { } request
        ? null
        : new(request.Text("container"), request.Text("source"), request.Text("target"), Options(request.GetProperty("options")));

    private static MountOptions Options(JsonElement options) => new()
    {
        ReadOnly = options.GetProperty("readOnly").GetBoolean(),
        NoExec = options.GetProperty("noExec").GetBoolean(),
        Owner = options.Owner("owner"),
        Mode = options.Member("mode")?.GetUInt32(),
        Recursive = options.GetProperty("recursive").GetBoolean(),
    };
}
