using System.Buffers;
using System.Text.Json;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Records;

namespace ContainerManager.Host.Udev;

/// <summary>The JSON form of <see cref="GivenDevice"/>.</summary>
internal static class GivenDeviceJson
{
    internal static byte[] Write(GivenDevice given)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteString("path", given.Path);
            json.WriteString("subsystem", given.Subsystem);
            json.WriteText("type", given.Type);
            json.WriteString("incarnation", given.Incarnation);
            json.WriteText("nodePath", given.NodePath);
            json.WriteFile("node", given.Node);
            json.WriteTexts("links", given.Links);
            json.WriteTexts("tags", given.Tags);
            json.WriteTexts("names", given.Names);
            json.WriteTexts("values", given.Values);
            json.WriteBoolean("told", given.Told);
            json.WriteTexts("records", given.Records);
            if (given.Admission is { } admission)
            {
                Write(json, admission);
            }

            json.WriteEndObject();
        }

        return text.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">It is none.</exception>
    internal static GivenDevice Read(ReadOnlyMemory<byte> text) => RecordJson.Read(text, given => new GivenDevice(
        given.Text("path"),
        given.Text("subsystem"),
        given.Member("type")?.GetString(),
        given.Text("incarnation"),
        given.Member("nodePath")?.GetString(),
        given.File("node"),
        given.Texts("links"),
        given.Texts("tags"),
        given.Texts("names"),
        given.Texts("values"),
        given.GetProperty("told").GetBoolean(),
        given.Texts("records"),
        given.Member("admission") is { } admission ? Admission(admission) : null));

    private static void Write(Utf8JsonWriter json, DeviceAdmission admission)
    {
        json.WriteStartObject("admission");
        json.WriteBoolean("exclusive", admission.Exclusive);
        json.WriteOwner("owner", admission.Owner);
        json.WriteNumber("mode", admission.Mode);
        json.WriteBoolean("node", admission.Node);
        json.WriteBoolean("permission", admission.Permission);
        json.WriteBoolean("database", admission.Database);
        json.WriteBoolean("events", admission.Events);
        json.WriteEndObject();
    }

    private static DeviceAdmission Admission(JsonElement admission) => new()
    {
        Exclusive = admission.GetProperty("exclusive").GetBoolean(),
        Owner = admission.Owner("owner"),
        Mode = admission.Member("mode")?.GetUInt32(),
        Node = admission.GetProperty("node").GetBoolean(),
        Permission = admission.GetProperty("permission").GetBoolean(),
        Database = admission.GetProperty("database").GetBoolean(),
        Events = admission.GetProperty("events").GetBoolean(),
    };
}
