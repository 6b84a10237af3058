using System.Text;

namespace ContainerManager.Linux;

/// <summary>Reads what a program writes, line by line, in as much memory as one line may take.</summary>
public static class OutputLines
{
    /// <summary>Characters of a line that are kept; the rest of a longer one is passed over.</summary>
    public const int Longest = 4096;

    /// <summary>Calls <paramref name="said"/> with each line, until the end.</summary>
    /// <param name="output">The program's output, in UTF-8; not disposed.</param>
    /// <param name="said">Called one line at a time. Null: it is read, so that the program can go on, and forgotten.</param>
    public static async Task ReadAsync(Stream output, Action<string>? said)
    {
        // Decoded here: a StreamReader waits for more whenever what has come fills its own buffer to the end.
        byte[] buffer = new byte[Longest];
        char[] text = new char[Encoding.UTF8.GetMaxCharCount(Longest)];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        StringBuilder line = new();
        try
        {
            while (await output.ReadAsync(buffer) is > 0 and int count)
            {
                Take(text.AsSpan(0, decoder.GetChars(buffer.AsSpan(0, count), text, flush: false)), line, said);
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // Nobody listens to it any more.
        }

        if (line.Length > 0)
        {
            said?.Invoke(line.ToString());
        }
    }

    private static void Take(ReadOnlySpan<char> text, StringBuilder line, Action<string>? said)
    {
        while (text.IndexOf('\n') is >= 0 and int end)
        {
            Keep(text[..end], line);
            said?.Invoke(line.ToString());
            line.Clear();
            text = text[(end + 1)..];
        }

        Keep(text, line);
    }

    private static void Keep(ReadOnlySpan<char> text, StringBuilder line) => line.Append(text[..Math.Min(text.Length, Longest - line.Length)]);
}
