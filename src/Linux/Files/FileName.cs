using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace ContainerManager.Linux;

/// <summary>
/// Names as the kernel has them: any bytes but zero and slash. Bytes that are not valid UTF-8 become the lone surrogates U+DC80 to
/// U+DCFF and find their way back when the name is given to the kernel again, so nothing is lost and it can be told.
/// </summary>
public static class FileName
{
    private const char FirstEscape = '\uDC80';
    private const char LastEscape = '\uDCFF';
    private const int EscapeBase = 0xDC00;

    /// <summary>The text of a name.</summary>
    public static string Decode(ReadOnlySpan<byte> name) => Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : DecodeInvalid(name);

    /// <summary>False when the kernel's name is not valid UTF-8: it can be looked at, but not be written in text for others.</summary>
    public static bool IsText(ReadOnlySpan<char> name)
    {
        if (!name.ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return true;
        }

        while (name.Length > 0)
        {
            if (Rune.DecodeFromUtf16(name, out _, out int length) != OperationStatus.Done)
            {
                return false;
            }

            name = name[length..];
        }

        return true;
    }

    /// <summary>The name for a person to read: bytes that are not UTF-8 as <c>\xFF</c>.</summary>
    public static string Display(string name)
    {
        if (IsText(name))
        {
            return name;
        }

        StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            _ = IsEscape(name, i) ? text.Append("\\x").Append((name[i] - EscapeBase).ToString("X2", null)) : text.Append(name[i]);
        }

        return text.ToString();
    }

    /// <summary>Bytes that <see cref="Encode"/> writes.</summary>
    internal static int ByteCount(string path)
    {
        int count = Encoding.UTF8.GetByteCount(path);
        if (!path.AsSpan().ContainsAnyInRange(FirstEscape, LastEscape))
        {
            return count;
        }

        const int ReplacementSize = 3;
        for (int i = 0; i < path.Length; i++)
        {
            count -= IsEscape(path, i) ? ReplacementSize - 1 : 0;
        }

        return count;
    }

    /// <summary>The inverse of <see cref="Decode"/>.</summary>
    internal static void Encode(string path, Span<byte> bytes)
    {
        if (!path.AsSpan().ContainsAnyInRange(FirstEscape, LastEscape))
        {
            Encoding.UTF8.GetBytes(path, bytes);
            return;
        }

        int plain = 0;
        for (int i = 0; i <= path.Length; i++)
        {
            if (i < path.Length && !IsEscape(path, i))
            {
                continue;
            }

            bytes = bytes[Encoding.UTF8.GetBytes(path.AsSpan(plain, i - plain), bytes)..];
            plain = i + 1;
            if (i < path.Length)
            {
                bytes[0] = (byte)(path[i] - EscapeBase);
                bytes = bytes[1..];
            }
        }
    }

    private static bool IsEscape(string text, int index) =>
        text[index] is >= FirstEscape and <= LastEscape && (index == 0 || !char.IsHighSurrogate(text[index - 1]));

    private static string DecodeInvalid(ReadOnlySpan<byte> name)
    {
        StringBuilder text = new(name.Length);
        while (name.Length > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(name, out Rune rune, out int length);
            if (status == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte invalid in name[..length])
                {
                    text.Append((char)(EscapeBase + invalid));
                }
            }

            name = name[length..];
        }

        return text.ToString();
    }
}
