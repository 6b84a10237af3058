using System.Runtime.InteropServices;
using System.Text;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>What a client says, in a container that may be hostile. Refused by <see cref="ProtocolException"/>, and by nothing else.</summary>
internal static class ClientTargets
{
    /// <summary>Headers of kinds, beginnings of CBOR arrays and texts, and lengths that are not there.</summary>
    private static readonly string[] s_words = ["\u0001\0\0\0", "\u0002\0\0\0", "\0\0\u0001\0", "\u0013\0\0\0", "\0\0\0\0", "\u0005", "ab", "\u001b", "\u001a", "\u007f", "\u0018", "`", "@"];

    private static readonly Func<ReadOnlyMemory<byte>, bool>[] s_messages =
    [
        IsOne<Hello>, IsOne<Welcome>, IsOne<RunRequest>, IsOne<RunStarted>, IsOne<RunFailed>, IsOne<RunExited>, IsOne<RunSignal>, IsOne<TerminalSize>,
        IsOne<PrepareInside>, IsOne<MountInside>, IsOne<UnmountInside>, IsOne<InsideAnswer>, IsOne<ProbeResult>, IsOne<FileContent>, IsCredit, IsOne<UeventInside>,
    ];

    /// <summary>A stream, frame by frame, to its end or to the first that is none.</summary>
    internal static readonly FuzzTarget Frames = new("frames", input =>
    {
        Assert.True(MemoryMarshal.TryGetArray(input, out ArraySegment<byte> bytes));
        MemoryStream stream = new(bytes.Array!, bytes.Offset, bytes.Count);
        FrameStream frames = new(stream);
        int consumed = 0;
        bool understood = false;
        try
        {
            byte[] header = new byte[FrameHeader.Size];
            while (Done(frames.ReadAsync(CancellationToken.None)) is { } frame)
            {
                Assert.InRange(frame.Body.Length, 0, FrameHeader.LongestBody);
                Assert.InRange((int)frame.Kind, (int)FrameKind.Hello, (int)FrameKind.Uevent);
                new FrameHeader(frame.Kind, frame.Channel, frame.Body.Length).Write(header);
                Assert.True(input.Span[consumed..].StartsWith(header));
                Assert.True(input.Span[(consumed + header.Length)..].StartsWith(frame.Body.Span));
                consumed += header.Length + frame.Body.Length;
                understood = true;
            }

            Assert.Equal(input.Length, consumed);
        }
        catch (ProtocolException)
        {
            Assert.True(consumed < input.Length);
        }

        return understood;
    }, s_words);

    /// <summary>The body of a frame; the first byte says which message is expected.</summary>
    internal static readonly FuzzTarget Messages = new("messages", input => !input.IsEmpty && s_messages[input.Span[0] % s_messages.Length](input[1..]), s_words);

    /// <summary>The output of a client; the first byte says in which pieces it comes.</summary>
    internal static readonly FuzzTarget Sequence = new("message-sequence", input =>
    {
        if (input.IsEmpty)
        {
            return false;
        }

        string whole = Taken(input.Span[1..], input.Length);
        Assert.Equal(whole, Taken(input.Span[1..], 1 + input.Span[0]));
        return whole.Length > 0 && whole[^1] != '!';
    }, [.. s_words, "\0\0\0\0", "\u0003\0\0\0", "\0\0@\0", "\u0001\0@\0"]);

    private static bool IsOne<T>(ReadOnlyMemory<byte> body)
        where T : IMessage<T>
    {
        T message;
        try
        {
            message = MessageFormat.Read<T>(body);
        }
        catch (ProtocolException)
        {
            return false;
        }

        byte[] written = Written(message);
        // Our encoding is the shortest, but for lists whose length is not said: those take a byte or two less. Nothing was made of nothing.
        Assert.InRange(written.Length, 1, body.Length + 8);
        Assert.Equal(written, Written(MessageFormat.Read<T>(written)));
        return true;
    }

    /// <summary>Without the length that stands before it.</summary>
    private static byte[] Written<T>(T message)
        where T : IMessage<T> => MessageSequence.Encode(message)[sizeof(int)..];

    private static bool IsCredit(ReadOnlyMemory<byte> body)
    {
        try
        {
            Assert.InRange(RunCredit.Read(body.Span), 1, ContainerManager.Protocol.Frames.Window);
            return true;
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    /// <summary>What is taken out of a sequence, in words; ends in an exclamation mark where it was refused.</summary>
    private static string Taken(ReadOnlySpan<byte> bytes, int piece)
    {
        MessageSequence sequence = new();
        StringBuilder taken = new();
        try
        {
            while (!bytes.IsEmpty)
            {
                int length = Math.Min(piece, bytes.Length);
                sequence.Add(bytes[..length]);
                bytes = bytes[length..];
                while (sequence.TryTake(out FileContent? file))
                {
                    _ = file is null ? taken.Append('.') : taken.Append(file.Path).Append(file.Content.Length);
                }
            }
        }
        catch (ProtocolException)
        {
            taken.Append('!');
        }

        return taken.ToString();
    }

    /// <summary>A stream in memory never makes anybody wait.</summary>
    private static T Done<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }
}
