using System.IO.Pipes;
using ContainerManager.Host.Clients;
using ContainerManager.Protocol;

namespace ContainerManager.Tests.Unit.Clients;

/// <summary>The server's end of the stream to a client, against one that does as it likes.</summary>
public sealed class ClientConnectionTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private readonly SetClock _clock = new();
    private readonly (Stream Server, Stream Client) _streams = Duplex.Create();
    private readonly FrameStream _client;
    private ClientConnection? _connection;

    public ClientConnectionTests() => _client = new FrameStream(_streams.Client);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_run_goes_from_its_start_to_its_end()
    {
        RunChannel run = await RunAsync();
        await SendAsync(MessageFormat.Write(FrameKind.Started, 1, new RunStarted(4711)));
        await SendAsync(new Frame(FrameKind.Output, 1, "hi"u8.ToArray()));
        await SendAsync(MessageFormat.Write(FrameKind.Exited, 1, new RunExited(3)));
        List<FrameKind> kinds = [];
        await foreach (Frame frame in run.Received.ReadAllAsync(Stop))
        {
            kinds.Add(frame.Kind);
        }

        Assert.Equal([FrameKind.Started, FrameKind.Output, FrameKind.Exited], kinds);
        Assert.Equal(0, _connection!.Runs);
    }

    [Fact]
    public async Task A_run_that_fits_into_no_frame_is_refused_and_the_next_one_begins()
    {
        RunChannel run = await RunAsync();
        RunRequest tooLong = new(["true"], ["A=" + new string('x', FrameHeader.LongestBody)], null, null, null);
        Assert.Contains("too long", (await Assert.ThrowsAsync<IOException>(async () => await run.BeginAsync(tooLong, Stop))).Message, StringComparison.Ordinal);
        await run.BeginAsync(tooLong with { Environment = [] }, Stop);
    }

    [Theory]
    [InlineData("another version")]
    [InlineData("no hello")]
    [InlineData("a broken hello")]
    public async Task Who_does_not_say_hello_is_refused(string what)
    {
        Task<ClientConnection> opening = ClientConnection.OpenAsync(_streams.Server, false, "box", _clock, Stop);
        await SendAsync(what switch
        {
            "another version" => MessageFormat.Write(FrameKind.Hello, 0, new Hello(Frames.Version + 1, 1)),
            "no hello" => new Frame(FrameKind.Pong, 0, default),
            _ => new Frame(FrameKind.Hello, 0, new byte[] { 0x82, 1 }),
        });
        await Assert.ThrowsAsync<ProtocolException>(() => opening);
    }

    [Fact]
    public async Task Who_never_says_hello_is_given_up()
    {
        Task<ClientConnection> opening = ClientConnection.OpenAsync(_streams.Server, false, "box", _clock, Stop);
        await _clock.WhenWaitedForAsync(TimeSpan.FromSeconds(10), Soon);
        _clock.Pass(TimeSpan.FromSeconds(10));
        Assert.Contains("10 s", (await Assert.ThrowsAsync<IOException>(() => opening)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_silent_is_taken_for_dead()
    {
        RunChannel run = await RunAsync();
        for (int i = 0; i < 3; i++)
        {
            await _clock.WhenWaitedForAsync(TimeSpan.FromSeconds(30), Soon);
            _clock.Pass(TimeSpan.FromSeconds(30));
        }

        await _connection!.Ended.WaitAsync(Soon, Stop);
        await Assert.ThrowsAsync<IOException>(async () => await run.Received.WaitToReadAsync(Stop));
    }

    [Theory]
    [InlineData("more output than there is credit for")]
    [InlineData("more credit than there is a window")]
    [InlineData("output before the start")]
    [InlineData("a start twice")]
    [InlineData("a run that there never was")]
    [InlineData("a frame for the client")]
    [InlineData("a pong with a body")]
    [InlineData("empty output")]
    public async Task What_does_not_fit_ends_the_connection(string what)
    {
        _ = await RunAsync();
        Frame start = MessageFormat.Write(FrameKind.Started, 1, new RunStarted(4711));
        Frame output = new(FrameKind.Output, 1, new byte[FrameHeader.LongestBody]);
        Frame[] frames = what switch
        {
            "more output than there is credit for" => [start, .. Enumerable.Repeat(output, Frames.Window / FrameHeader.LongestBody), output],
            "more credit than there is a window" => [start, RunCredit.Write(1, 1, new byte[4])],
            "output before the start" => [output],
            "a start twice" => [start, start],
            "a run that there never was" => [start with { Channel = 77 }],
            "a frame for the client" => [new Frame(FrameKind.Input, 1, new byte[1])],
            "a pong with a body" => [new Frame(FrameKind.Pong, 0, new byte[1])],
            _ => [start, output with { Body = default }],
        };
        foreach (Frame frame in frames)
        {
            try
            {
                await SendAsync(frame);
            }
            catch (IOException)
            {
                break; // Hung up on already.
            }
        }

        Assert.IsType<ProtocolException>(await _connection!.Ended.WaitAsync(Soon, Stop));
    }

    [Fact]
    public async Task What_comes_for_a_run_that_was_closed_is_nobodys()
    {
        RunChannel run = await RunAsync();
        await run.CloseAsync();
        await SendAsync(MessageFormat.Write(FrameKind.Started, 1, new RunStarted(4711)));
        RunChannel next = _connection!.OpenRun();
        await SendAsync(MessageFormat.Write(FrameKind.Failed, 2, new RunFailed("no", 126)));
        Assert.Equal(FrameKind.Failed, (await next.Received.ReadAsync(Stop)).Kind);
    }

    [Fact]
    public async Task More_input_than_the_client_has_room_for_is_not_sent()
    {
        RunChannel run = await RunAsync();
        byte[] piece = new byte[FrameHeader.LongestBody];
        for (int i = 0; i < Frames.Window / piece.Length; i++)
        {
            await run.SendAsync(FrameKind.Input, piece, Stop);
        }

        await Assert.ThrowsAsync<ProtocolException>(async () => await run.SendAsync(FrameKind.Input, new byte[1], Stop));
        await Assert.ThrowsAsync<ProtocolException>(async () => await run.SendAsync(FrameKind.Exited, default, Stop));
    }

    [Fact]
    public async Task A_question_that_fits_into_no_frame_is_refused_and_the_next_one_is_asked()
    {
        await RunAsync();
        UeventInside tooLong = new(2, new byte[FrameHeader.LongestBody]);
        Assert.Throws<IOException>(() => _connection!.Ask(FrameKind.Uevent, tooLong));
        Task<InsideAnswer> asked = Task.Run(() => _connection!.Ask(FrameKind.Uevent, tooLong with { Message = [1] }), Stop);
        Frame question = (await _client.ReadAsync(Stop))!.Value;
        Assert.Equal((FrameKind.Uevent, 1), (question.Kind, MessageFormat.Read<UeventInside>(question.Body).Message.Length));
        await SendAsync(MessageFormat.Write(FrameKind.Answer, question.Channel, new InsideAnswer("no")));
        Assert.Equal("no", (await asked.WaitAsync(Soon, Stop)).Failure);
    }

    /// <summary>Who does not answer is asked once and not again and again.</summary>
    [Fact]
    public async Task A_client_that_does_not_answer_is_given_up()
    {
        await RunAsync();
        Task<InsideAnswer> asked = Task.Run(() => _connection!.Ask(FrameKind.Uevent, new UeventInside(2, [1])), Stop);
        Assert.Equal(FrameKind.Uevent, (await _client.ReadAsync(Stop))!.Value.Kind);
        _clock.Pass(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAnyAsync<IOException>(() => asked.WaitAsync(Soon, Stop));
        await _connection!.Ended.WaitAsync(Soon, Stop);
        Assert.Throws<IOException>(() => _connection.Ask(FrameKind.Uevent, new UeventInside(2, [1])));
    }

    /// <summary>Half a frame would end the connection for all others.</summary>
    [Fact]
    public async Task Who_gives_up_while_it_sends_leaves_no_half_frame()
    {
        RunChannel run = await RunAsync();
        Frame large = new(FrameKind.Input, 1, new byte[FrameHeader.LongestBody]);
        using CancellationTokenSource gaveUp = new();
        List<Task> sending = [];
        while (sending.TrueForAll(task => task.IsCompleted))
        {
            sending.Add(_connection!.SendAsync(large, gaveUp.Token).AsTask());
        }

        Task waiting = _connection!.SendAsync(large, gaveUp.Token).AsTask();
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Soon, Stop));
        foreach (Task _ in sending)
        {
            Frame whole = (await _client.ReadAsync(Stop))!.Value;
            Assert.Equal((large.Kind, large.Body.Length), (whole.Kind, whole.Body.Length));
        }

        // Who gave up does not wait for it; it is written all the same.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending[^1].WaitAsync(Soon, Stop));
        await Task.WhenAll(sending[..^1]).WaitAsync(Soon, Stop);
        await run.SendAsync(FrameKind.InputEnd, default, Stop);
        Assert.Equal(FrameKind.InputEnd, (await _client.ReadAsync(Stop))!.Value.Kind);
    }

    private async Task<RunChannel> RunAsync()
    {
        await SendAsync(MessageFormat.Write(FrameKind.Hello, 0, new Hello(Frames.Version, 1)));
        _connection = await ClientConnection.OpenAsync(_streams.Server, false, "box", _clock, Stop);
        Assert.Equal("box", MessageFormat.Read<Welcome>((await _client.ReadAsync(Stop))!.Value.Body).Container);
        return _connection.OpenRun();
    }

    private ValueTask SendAsync(Frame frame) => _client.WriteAsync(frame, Stop);
}

/// <summary>Two ends of one stream.</summary>
internal static class Duplex
{
    internal static (Stream Server, Stream Client) Create()
    {
        string name = $"cm-{Guid.NewGuid():N}";
        NamedPipeServerStream server = new(name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous, 1 << 20, 1 << 20);
        NamedPipeClientStream client = new(".", name, PipeDirection.InOut, PipeOptions.Asynchronous);
        Task waiting = server.WaitForConnectionAsync();
        client.Connect();
        waiting.GetAwaiter().GetResult();
        return (server, client);
    }
}
