using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace ContainerManager.Host.Configuration.Syntax;

/// <summary>A place in a text file.</summary>
/// <param name="Line">From 1; lines end with a line feed.</param>
/// <param name="Column">From 1, counted in characters (Unicode scalar values) of that line.</param>
internal readonly record struct TextPosition(int Line, int Column);

/// <summary>The bytes of a file, without a byte order mark, and its name.</summary>
internal sealed class SourceText
{
    private readonly ReadOnlyMemory<byte> _content;

    internal SourceText(ReadOnlyMemory<byte> content, string file)
    {
        _content = content.Span.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;
        File = file;
    }

    internal string File { get; }

    internal ReadOnlySpan<byte> Content => _content.Span;

    internal TextPosition PositionOf(int offset)
    {
        ReadOnlySpan<byte> before = Content[..offset];
        int lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new TextPosition(before.Count((byte)'\n') + 1, CharactersOf(before[lineStart..]) + 1);
    }

    /// <summary>The offset of a byte that a reader names by line and byte, both from 0.</summary>
    internal int OffsetOf(long line, long byteInLine)
    {
        int start = 0;
        for (long i = 0; i < line && Content[start..].IndexOf((byte)'\n') is >= 0 and int length; i++)
        {
            start += length + 1;
        }

        return (int)Math.Min(start + byteInLine, Content.Length);
    }

    /// <summary>The offset of the first byte that is not UTF-8, or -1.</summary>
    internal int FirstInvalidByte()
    {
        if (Utf8.IsValid(Content))
        {
            return -1;
        }

        int offset = 0;
        while (Rune.DecodeFromUtf8(Content[offset..], out _, out int length) == OperationStatus.Done)
        {
            offset += length;
        }

        return offset;
    }

    private static int CharactersOf(ReadOnlySpan<byte> text)
    {
        int count = 0;
        foreach (byte b in text)
        {
            // 10xxxxxx continues a character that another byte began.
            count += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return count;
    }
}
