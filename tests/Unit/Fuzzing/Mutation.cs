using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>Makes inputs out of a corpus. The same seed, and the same answers of the target, give the same inputs.</summary>
internal sealed class Mutation
{
    /// <summary>Bytes of an input.</summary>
    private const int Longest = 16 * 1024;

    /// <summary>How many inputs of our own making are kept to be changed further, and how long they may be.</summary>
    private const int MostKept = 64, LongestKept = 4 * 1024;

    private static readonly long[] s_numbers =
        [0, 1, -1, 7, 12, 16, 40, 64, 127, 128, 255, 256, 4095, 4096, short.MaxValue, ushort.MaxValue, 65536, 65537, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private readonly Random _random;
    private readonly byte[][] _words;
    private readonly List<byte[]> _corpus;
    private readonly int _given;

    internal Mutation(IEnumerable<byte[]> corpus, IEnumerable<string> words, int seed)
    {
        _random = new Random(seed);
        _corpus = [.. corpus];
        _given = _corpus.Count;
        _words = [.. words.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The next input.</summary>
    internal byte[] Next()
    {
        byte[] input = Any(_corpus);
        for (int changes = 1 + _random.Next(_random.Next(1, 8)); changes > 0; changes--)
        {
            input = Changed(input);
        }

        return input.Length <= Longest ? input : input[..Longest];
    }

    /// <summary>An input that was understood is worth changing further: so we get beyond the first check.</summary>
    internal void Keep(byte[] understood)
    {
        if (understood.Length <= LongestKept && _random.Next(8) == 0)
        {
            if (_corpus.Count < _given + MostKept)
            {
                _corpus.Add(understood);
            }
            else
            {
                _corpus[_given + _random.Next(MostKept)] = understood;
            }
        }
    }

    private byte[] Changed(byte[] input)
    {
        (int start, int end) = Range(input);
        return _random.Next(12) switch
        {
            0 => FlipBit(input),
            1 => Replaced(input, start, Math.Min(start + 1, input.Length), [(byte)_random.Next(256)]),
            2 => Replaced(input, start, end, []),
            3 => Replaced(input, start, start, Repeated(input.AsSpan(start, end - start).ToArray())),
            4 => Replaced(input, start, start, RandomBytes()),
            5 or 6 => Spliced(input, start, end),
            7 => BinaryNumber(input, start),
            8 => WrittenNumber(input),
            9 or 10 when _words.Length > 0 => Replaced(input, start, _random.Next(2) == 0 ? start : end, Any(_words)),
            11 => Replaced(input, end, input.Length, []),
            _ => Replaced(input, start, end, RandomBytes()),
        };
    }

    /// <summary>Mostly a short one, anywhere.</summary>
    private (int Start, int End) Range(byte[] input)
    {
        int start = _random.Next(input.Length + 1);
        int most = _random.Next(4) == 0 ? input.Length : Math.Min(input.Length, 16);
        return (start, Math.Min(input.Length, start + _random.Next(most + 1)));
    }

    private byte[] FlipBit(byte[] input)
    {
        byte[] flipped = [.. input];
        if (flipped.Length > 0)
        {
            flipped[_random.Next(flipped.Length)] ^= (byte)(1 << _random.Next(8));
        }

        return flipped;
    }

    /// <summary>Once as a rule; sometimes often, which finds what grows faster than its input.</summary>
    private byte[] Repeated(byte[] piece)
    {
        int times = _random.Next(16) == 0 ? _random.Next(1, 400) : 1;
        return [.. Enumerable.Repeat(piece, Math.Min(times, Longest / Math.Max(1, piece.Length))).SelectMany(bytes => bytes)];
    }

    private byte[] Spliced(byte[] input, int start, int end)
    {
        byte[] other = Any(_corpus);
        (int from, int to) = Range(other);
        return Replaced(input, start, _random.Next(3) == 0 ? input.Length : end, other.AsSpan(from, to - from));
    }

    /// <summary>A number of one, two, four or eight bytes takes the place of what is there.</summary>
    private byte[] BinaryNumber(byte[] input, int start)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        long value = Number(input);
        int size = 1 << _random.Next(4);
        if (_random.Next(3) == 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(number, value << (8 * (sizeof(long) - size)));
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
        }

        return Replaced(input, start, Math.Min(input.Length, start + size), number[..size]);
    }

    /// <summary>A number that is written in digits becomes another.</summary>
    private byte[] WrittenNumber(byte[] input)
    {
        int from = _random.Next(input.Length + 1);
        int first = input.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (first < 0)
        {
            return FlipBit(input);
        }

        int length = input.AsSpan(from + first).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        int end = length < 0 ? input.Length : from + first + length;
        return Replaced(input, from + first, end, Encoding.ASCII.GetBytes(Number(input).ToString(CultureInfo.InvariantCulture)));
    }

    private long Number(byte[] input) => _random.Next(4) == 0 ? input.Length + _random.Next(-2, 3) : Any(s_numbers);

    private byte[] RandomBytes()
    {
        byte[] bytes = new byte[_random.Next(1, 9)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    private static byte[] Replaced(ReadOnlySpan<byte> input, int start, int end, ReadOnlySpan<byte> by) => [.. input[..start], .. by, .. input[end..]];
}
