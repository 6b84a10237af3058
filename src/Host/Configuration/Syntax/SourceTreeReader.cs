using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>
/// Reads JSON (RFC 8259; comments <c>//</c> and <c>/* */</c> and a comma after the last element are allowed) into a tree that keeps
/// positions. Nothing after a syntax error is looked at; a name that repeats in an object is an error too.
/// </summary>
internal sealed class SourceTreeReader
{
    private readonly SourceText _source;
    private readonly ErrorList _errors;
    private readonly Stack<int> _open = new();
    private KeyPath _key = KeyPath.Root;

    // Behind the last value that was read completely; -1 while the one that was begun last is an object or array.
    private int _valueEnd = -1;

    private SourceTreeReader(SourceText source, ErrorList errors)
    {
        _source = source;
        _errors = errors;
    }

    /// <summary>The file's value, or null when it has none; then, at least one error was added.</summary>
    internal static SourceNode? Read(SourceText source, ErrorList errors)
    {
        if (source.FirstInvalidByte() is >= 0 and int invalid)
        {
            errors.Add(invalid, KeyPath.Root, "UTF-8 text", $"the byte 0x{source.Content[invalid]:X2}", "save the file as UTF-8");
            return null;
        }

        return new SourceTreeReader(source, errors).ReadFile();
    }

    private SourceNode? ReadFile()
    {
        var reader = new Utf8JsonReader(_source.Content, new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
        });
        try
        {
            reader.Read();
            SourceNode root = ReadValue(ref reader);
            // A second value is a syntax error that the next read reports.
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            AddSyntaxError(e);
            return null;
        }
    }

    private SourceNode ReadValue(ref Utf8JsonReader reader)
    {
        int start = (int)reader.TokenStartIndex;
        _valueEnd = (int)reader.BytesConsumed;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, start);
            case JsonTokenType.StartArray:
                return ReadArray(ref reader, start);
            case JsonTokenType.String:
                return new SourceNode.String(start, ReadText(ref reader));
            case JsonTokenType.Number:
                return new SourceNode.Number(start, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return new SourceNode.Boolean(start, reader.GetBoolean());
            default:
                return new SourceNode.Null(start);
        }
    }

    private SourceNode.Array ReadArray(ref Utf8JsonReader reader, int start)
    {
        ImmutableArray<SourceNode>.Builder items = ImmutableArray.CreateBuilder<SourceNode>();
        KeyPath outer = _key;
        Open(start);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            _key = outer.Item(items.Count);
            items.Add(ReadValue(ref reader));
            _key = outer;
        }

        Close(ref reader);
        return new SourceNode.Array(start, items.ToImmutable());
    }

    private SourceNode.Object ReadObject(ref Utf8JsonReader reader, int start)
    {
        var members = new OrderedDictionary<string, SourceMember>(StringComparer.Ordinal);
        KeyPath outer = _key;
        Open(start);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            int nameStart = (int)reader.TokenStartIndex;
            string name = ReadText(ref reader);
            _key = outer.Member(name);
            reader.Read();
            var member = new SourceMember(name, nameStart, ReadValue(ref reader));
            if (!members.TryAdd(name, member))
            {
                AddRepeated(member, members[name]);
            }

            _key = outer;
        }

        Close(ref reader);
        return new SourceNode.Object(start, [.. members.Values]);
    }

    private void Open(int start)
    {
        _open.Push(start);
        _valueEnd = -1;
    }

    private void Close(ref Utf8JsonReader reader)
    {
        _open.Pop();
        _valueEnd = (int)reader.BytesConsumed;
    }

    private string ReadText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The bytes are UTF-8 (checked before), so it is an escape that stands for half a character.
            _errors.Add((int)reader.TokenStartIndex, _key, "text", "a \\u escape of half a surrogate pair");
            return "\uFFFD";
        }
    }

    private void AddRepeated(SourceMember member, SourceMember first) => _errors.Add(
        member.NameStart,
        _key,
        "each key once in an object",
        $"{Printable.Quote(member.Name)} again on line {_errors.LineOf(member.NameStart)}",
        $"the first is on line {_errors.LineOf(first.NameStart)}");

    private void AddSyntaxError(JsonException e)
    {
        int offset = _source.OffsetOf(e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
        if (_source.Content.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            _errors.Add(offset, KeyPath.Root, "a JSON object", "an empty file", "the least that is valid: {}");
            return;
        }

        if (offset >= _source.Content.Length && _open.TryPeek(out int start))
        {
            char opening = (char)_source.Content[start];
            _errors.Add(offset, _key, opening == '{' ? "\"}\"" : "\"]\"", "the end of the file", $"for the \"{opening}\" on line {_errors.LineOf(start)}");
            return;
        }

        string message = MessageOf(e);
        string hint = SlipAt(offset) is { } slip ? $"{message}; {slip}" : message;
        _errors.Add(offset, _key, "JSON", FoundAt(offset), hint);
    }

    /// <summary>Without its own idea of a position, and without the rest of the file, which it quotes for a wrong literal.</summary>
    private static string MessageOf(JsonException e)
    {
        string message = e.Message[..Math.Max(0, e.Message.LastIndexOf(" LineNumber:", StringComparison.Ordinal))].TrimEnd(' ', '.');
        return message[Math.Max(0, message.LastIndexOf("Expected the literal", StringComparison.Ordinal))..];
    }

    private string FoundAt(int offset) =>
        offset < _source.Content.Length && Rune.DecodeFromUtf8(_source.Content[offset..], out Rune rune, out _) == OperationStatus.Done
            ? Printable.Quote(rune.ToString())
            : "the end of the file";

    /// <summary>The everyday slips that the reader's message does not name.</summary>
    private string? SlipAt(int offset)
    {
        ReadOnlySpan<byte> rest = _source.Content[offset..];
        return rest switch
        {
            [(byte)'\'', ..] => "text stands in double quotes",
            [(byte)'\n' or (byte)'\r', ..] => "the quote at the end of a text may be missing",
            [(byte)'"' or (byte)'{' or (byte)'[', ..] when ValueEndsBefore(offset) =>
                $"a comma is missing at the end of line {_errors.LineOf(_valueEnd)}",
            _ => null,
        };
    }

    private bool ValueEndsBefore(int offset) =>
        _open.Count > 0 && _valueEnd >= 0 && _valueEnd <= offset && _source.Content[_valueEnd..offset].IndexOfAnyExcept(" \t\r\n"u8) < 0;
}
