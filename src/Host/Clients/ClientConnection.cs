using System.Collections.Concurrent;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>
/// The server's end of the stream to one client. Whatever comes from it is hostile: bounded, typed, about its own container, and at the first
/// frame that does not fit the connection is ended.
/// </summary>
internal sealed class ClientConnection : IAsyncDisposable
{
    private static readonly TimeSpan HelloWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(30);

    private readonly FrameStream _frames;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<uint, IClientChannel> _channels = new();
    private readonly CancellationTokenSource _ending = new();
    private ITimer? _pinging;
    private Task _pinged = Task.CompletedTask;
    private uint _last;
    private long _heard;

    private ClientConnection(FrameStream frames, TimeProvider time)
    {
        (_frames, _time) = (frames, time);
        _heard = time.GetTimestamp();
        Since = time.GetUtcNow();
    }

    /// <summary>When the client said that it is there.</summary>
    internal DateTimeOffset Since { get; }

    /// <summary>Completes when it is over, with the reason why; null: the client has closed it.</summary>
    internal Task<Exception?> Ended { get; private set; } = Task.FromResult<Exception?>(null);

    /// <summary>The stream is an object of a plugin, which must be let go before that is unloaded.</summary>
    internal required bool IsOfPlugin { get; init; }

    /// <summary>Runs that have not ended.</summary>
    internal int Runs => _channels.Count;

    /// <summary>Waits for the client to say that it is there.</summary>
    /// <param name="stream">To it; disposed with the connection, and when this fails.</param>
    /// <param name="isOfPlugin">The stream is an object of a plugin.</param>
    /// <param name="container">The name it is told.</param>
    /// <param name="time">Measures how long it is silent.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It says nothing, something else, or has another version.</exception>
    internal static async Task<ClientConnection> OpenAsync(
        Stream stream, bool isOfPlugin, string container, TimeProvider time, CancellationToken cancellationToken)
    {
        FrameStream frames = new(stream);
        try
        {
            using CancellationTokenSource limit = new(HelloWithin, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            Frame first = await frames.ReadAsync(either.Token) ?? throw new IOException("it ended before it said hello");
            Hello hello = first is { Kind: FrameKind.Hello, Channel: 0 }
                ? MessageFormat.Read<Hello>(first.Body)
                : throw new ProtocolException("it did not say hello first");
            if (hello.Version != Frames.Version)
            {
                throw new ProtocolException($"it speaks version {hello.Version} of the protocol, the server {Frames.Version}");
            }

            await frames.WriteAsync(MessageFormat.Write(FrameKind.Welcome, 0, new Welcome(Frames.Version, container)), either.Token);
            ClientConnection connection = new(frames, time) { IsOfPlugin = isOfPlugin };
            connection.Ended = Task.Run(connection.ReadToTheEndAsync, CancellationToken.None);
            return connection;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await frames.DisposeAsync();
            throw new IOException($"it did not say hello within {HelloWithin.TotalSeconds:0} s");
        }
        catch
        {
            await frames.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a channel for a run.</summary>
    /// <exception cref="IOException">It is over, or there are too many.</exception>
    internal RunChannel OpenRun() => Open(number => new RunChannel(number, this)).Channel;

    /// <summary>Has the client mount, unmount or tell something, and waits: the container's lane has nothing else to do for it meanwhile.</summary>
    /// <param name="kind"><see cref="FrameKind.Prepare"/>, <see cref="FrameKind.Mount"/>, <see cref="FrameKind.Unmount"/> or <see cref="FrameKind.Uevent"/>.</param>
    /// <param name="request">What.</param>
    /// <exception cref="IOException">It is over, there are too many questions, the question is too long, or there is no answer in time.</exception>
    internal InsideAnswer Ask<T>(FrameKind kind, T request)
        where T : IMessage<T>
    {
        using CancellationTokenSource limit = new(AnswersWithin, _time);
        try
        {
            return AskAsync(kind, request, limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Else each further question would hold up the container as long. A client that wakes up later does nothing more when the stream is closed.
            _ending.Cancel();
            _frames.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw new IOException($"the client did not answer within {AnswersWithin.TotalSeconds:0} s, and is given up");
        }
        catch (ArgumentException impossible)
        {
            throw new IOException("it is more than one frame can say", impossible);
        }
    }

    private async Task<InsideAnswer> AskAsync<T>(FrameKind kind, T request, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        (uint number, InsideQuestion question) = Open(_ => new InsideQuestion());
        try
        {
            await SendAsync(MessageFormat.Write(kind, number, request), cancellationToken);
            return await question.Answer.WaitAsync(cancellationToken);
        }
        finally
        {
            Forget(number);
        }
    }

    private (uint Number, T Channel) Open<T>(Func<uint, T> make)
        where T : IClientChannel
    {
        if (Ended.IsCompleted)
        {
            throw new IOException("the client has ended");
        }

        if (_channels.Count >= Frames.MostChannels)
        {
            throw new IOException($"{Frames.MostChannels} programs run through the client already: wait for one to end");
        }

        uint number = Interlocked.Increment(ref _last);
        T channel = make(number);
        _channels[number] = channel;
        if (Ended.IsCompleted)
        {
            channel.Lose(new IOException("the client has ended"));
        }

        return (number, channel);
    }

    /// <summary>Sends all of it, or nothing: who gives up in the middle does not wait any more, and does not end the connection for all others.</summary>
    /// <exception cref="IOException">The client is lost.</exception>
    internal async ValueTask SendAsync(Frame frame, CancellationToken cancellationToken)
    {
        try
        {
            await _frames.WriteAsync(frame, cancellationToken, _ending.Token).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception lost) when (lost is ObjectDisposedException || (lost is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new IOException("the client has ended", lost);
        }
    }

    /// <summary>Where it does not matter whether the client is lost.</summary>
    internal async ValueTask TrySendAsync(Frame frame)
    {
        try
        {
            await _frames.WriteAsync(frame, _ending.Token);
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Whoever reads is told.
        }
    }

    /// <summary>What still comes on the channel concerns nobody.</summary>
    internal void Forget(uint number) => _channels.TryRemove(number, out _);

    /// <summary>Ends it, and the client with it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _frames.DisposeAsync();
        await Ended;
    }

    private async Task<Exception?> ReadToTheEndAsync()
    {
        Exception? reason = null;
        using ITimer pinging = _time.CreateTimer(static connection => ((ClientConnection)connection!).Ping(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _pinging = pinging;
        pinging.Change(PingEvery, Timeout.InfiniteTimeSpan);
        try
        {
            while (await _frames.ReadAsync(_ending.Token) is { } frame)
            {
                Volatile.Write(ref _heard, _time.GetTimestamp());
                Take(frame);
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            reason = failure;
        }

        await _frames.DisposeAsync();
        foreach (IClientChannel channel in _channels.Values)
        {
            channel.Lose(reason as IOException ?? new IOException("the client has ended"));
        }

        _channels.Clear();
        return _ending.IsCancellationRequested ? null : reason;
    }

    private void Take(Frame frame)
    {
        if (frame.Channel != 0)
        {
            // What comes for a run that was closed meanwhile was under way.
            if (_channels.TryGetValue(frame.Channel, out IClientChannel? channel))
            {
                if (channel.Take(frame))
                {
                    _channels.TryRemove(frame.Channel, out _);
                }
            }
            else if (frame.Channel > Volatile.Read(ref _last))
            {
                throw new ProtocolException($"a frame {frame.Kind} of a run that there never was");
            }
        }
        else if (frame is not { Kind: FrameKind.Pong, Body.Length: 0 })
        {
            throw new ProtocolException($"a frame {frame.Kind} that may not come now");
        }
    }

    /// <summary>A client that is stopped, or hangs, says nothing any more, or does not read.</summary>
    private void Ping()
    {
        if (!_pinged.IsCompleted || _time.GetElapsedTime(Volatile.Read(ref _heard)) > PingEvery * 2)
        {
            _ending.Cancel();
        }
        else
        {
            _pinged = TrySendAsync(new Frame(FrameKind.Ping, 0, default)).AsTask();
            _pinging?.Change(PingEvery, Timeout.InfiniteTimeSpan);
        }
    }
}
