using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>A JSON value and where it stands, which the JSON types of .NET do not remember.</summary>
/// <param name="Start">Offset of its first byte.</param>
internal abstract record SourceNode(int Start)
{
    internal sealed record Null(int Start) : SourceNode(Start);

    internal sealed record Boolean(int Start, bool Value) : SourceNode(Start);

    /// <summary>A number, as it is written: the configuration has none of its own.</summary>
    internal sealed record Number(int Start, string Text) : SourceNode(Start);

    internal sealed record String(int Start, string Value) : SourceNode(Start);

    internal sealed record Array(int Start, ImmutableArray<SourceNode> Items) : SourceNode(Start);

    /// <summary>An object. Members have different names: what repeats one was reported and left out.</summary>
    internal sealed record Object(int Start, ImmutableArray<SourceMember> Members) : SourceNode(Start);

    /// <summary>Writes the value without comments and superfluous commas.</summary>
    internal void WriteTo(Utf8JsonWriter writer)
    {
        switch (this)
        {
            case Boolean boolean:
                writer.WriteBooleanValue(boolean.Value);
                break;
            case Number number:
                writer.WriteRawValue(number.Text);
                break;
            case String text:
                writer.WriteStringValue(text.Value);
                break;
            case Array array:
                WriteTo(writer, array);
                break;
            case Object o:
                WriteTo(writer, o);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>The value without comments, superfluous commas and white space.</summary>
    internal string ToText()
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text))
        {
            WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>What an error message calls the value.</summary>
    internal string Describe() => this switch
    {
        Null => "null",
        Boolean boolean => boolean.Value ? "true" : "false",
        Number number => Printable.Key(number.Text),
        String text => Printable.Quote(text.Value),
        Array { Items.IsEmpty: true } => "an empty array",
        Array => "an array",
        Object { Members.IsEmpty: true } => "an empty object",
        _ => "an object",
    };

    private static void WriteTo(Utf8JsonWriter writer, Array array)
    {
        writer.WriteStartArray();
        foreach (SourceNode item in array.Items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    private static void WriteTo(Utf8JsonWriter writer, Object o)
    {
        writer.WriteStartObject();
        foreach (SourceMember member in o.Members)
        {
            writer.WritePropertyName(member.Name);
            member.Value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}

/// <summary>A member of a JSON object.</summary>
/// <param name="Name">Its name, unescaped.</param>
/// <param name="NameStart">Offset of the quote that opens the name.</param>
/// <param name="Value">Its value.</param>
internal sealed record SourceMember(string Name, int NameStart, SourceNode Value);
