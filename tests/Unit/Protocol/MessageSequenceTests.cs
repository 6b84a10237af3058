using ContainerManager.Protocol;

namespace ContainerManager.Tests.Protocol;

/// <summary>What a client writes to its standard output, in whatever pieces it comes.</summary>
public sealed class MessageSequenceTests
{
    private static readonly byte[] s_whole =
    [
        .. MessageSequence.Encode(new FileContent("/a", [1, 2, 3])),
        .. MessageSequence.Encode(new FileContent("/b", new byte[10_000])),
        .. MessageSequence.EndOfList.ToArray(),
        .. MessageSequence.Encode(new FileContent("/c", [])),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    [InlineData(1_000_000)]
    public void MessagesComeOutAsTheyWentIn(int piece)
    {
        MessageSequence sequence = new();
        List<string> taken = [];
        for (int at = 0; at < s_whole.Length; at += piece)
        {
            sequence.Add(s_whole.AsSpan(at, Math.Min(piece, s_whole.Length - at)));
            while (sequence.TryTake(out FileContent? file))
            {
                taken.Add(file is null ? "end" : $"{file.Path} {file.Content.Length}");
            }
        }

        Assert.Equal(["/a 3", "/b 10000", "end", "/c 0"], taken);
    }

    [Theory]
    [InlineData(0xFF, 0xFF, 0xFF, 0xFF)]
    [InlineData(0xFF, 0xFF, 0xFF, 0x7F)]
    [InlineData(0x02, 0x00, 0x00, 0x00)]
    public void WhatIsNoMessageIsRefused(params int[] length)
    {
        MessageSequence sequence = new();
        sequence.Add([.. length.Select(value => (byte)value), 0x82, 0x61]);
        Assert.Throws<ProtocolException>(() => sequence.TryTake(out FileContent? _));
    }
}
