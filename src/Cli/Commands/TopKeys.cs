using ContainerManager.Cli.Output;

namespace ContainerManager.Cli.Commands;

/// <summary>The keys of <c>top</c>, as a terminal in raw mode sends them (xterm's control sequences, "PC-Style Function Keys").</summary>
internal static class TopKeys
{
    private const byte Escape = 0x1b, EndOfText = 3, EndOfTransmission = 4;

    /// <summary>Moves by what was typed; false where that ends it.</summary>
    /// <param name="typed">What one read gave: a key that sends several bytes sends them at once.</param>
    /// <param name="scroll">What the keys move.</param>
    internal static bool Obey(ReadOnlySpan<byte> typed, TopScroll scroll)
    {
        while (typed is [byte key, .. ReadOnlySpan<byte> rest])
        {
            typed = rest;
            if (key == Escape && rest is [(byte)'[' or (byte)'O', .. ReadOnlySpan<byte> sequence])
            {
                int end = sequence.IndexOfAnyInRange((byte)'@', (byte)'~');
                Move(sequence[..(end + 1)], scroll);
                typed = sequence[(end < 0 ? sequence.Length : end + 1)..];
            }
            else if (key is (byte)'q' or (byte)'Q' or EndOfText or EndOfTransmission or Escape)
            {
                return false;
            }
        }

        return true;
    }

    private static void Move(ReadOnlySpan<byte> sequence, TopScroll scroll)
    {
        switch (sequence)
        {
            case [(byte)'A']: scroll.MoveLines(-1); break;
            case [(byte)'B']: scroll.MoveLines(1); break;
            case [(byte)'5', (byte)'~']: scroll.MovePages(-1); break;
            case [(byte)'6', (byte)'~']: scroll.MovePages(1); break;
            case [(byte)'H'] or [(byte)'1', (byte)'~']: scroll.MoveLines(-int.MaxValue); break;
            case [(byte)'F'] or [(byte)'4', (byte)'~']: scroll.MoveLines(int.MaxValue); break;
            default: break; // Another key.
        }
    }
}
