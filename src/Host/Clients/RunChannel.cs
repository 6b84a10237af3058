using System.Threading.Channels;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Clients;

/// <summary>One run of a program inside, as the server sees it. What it holds for a slow reader is bounded by the credit that the reader gave.</summary>
/// <param name="number">Its channel on the connection.</param>
/// <param name="connection">Its connection.</param>
internal sealed class RunChannel(uint number, ClientConnection connection) : IClientChannel
{
    private readonly Channel<Frame> _received = Channel.CreateUnbounded<Frame>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _lock = new();
    private int _outputCredit = Frames.Window;
    private int _inputCredit = Frames.Window;
    private bool _started;

    /// <summary>What the client has sent, to the end of the run. Ends with an exception where the client is lost.</summary>
    internal ChannelReader<Frame> Received => _received.Reader;

    /// <summary>The run is over, or its client is.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Asks the client for the run.</summary>
    /// <exception cref="IOException">The client is lost, or it fits into no frame: the container's environment may make it longer than what was asked for.</exception>
    internal ValueTask BeginAsync(RunRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return connection.SendAsync(MessageFormat.Write(FrameKind.Run, number, request), cancellationToken);
        }
        catch (ArgumentException tooLong)
        {
            throw new IOException($"the command with its environment is too long: at most {FrameHeader.LongestBody} bytes", tooLong);
        }
    }

    /// <summary>Sends the client a frame of the run.</summary>
    /// <exception cref="ProtocolException">It is none that may be sent now.</exception>
    /// <exception cref="IOException">The client is lost.</exception>
    internal ValueTask SendAsync(FrameKind kind, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            switch (kind)
            {
                case FrameKind.Input when body.Length > _inputCredit || body.Length == 0:
                    throw new ProtocolException("more input than there is credit for");
                case FrameKind.Input:
                    _inputCredit -= body.Length;
                    break;
                case FrameKind.Credit:
                    Give(ref _outputCredit, body);
                    break;
                case FrameKind.Run or FrameKind.InputEnd or FrameKind.Resize or FrameKind.Signal or FrameKind.Close:
                    break;
                default:
                    throw new ProtocolException($"a frame {kind} in the wrong direction");
            }
        }

        return connection.SendAsync(new Frame(kind, number, body), cancellationToken);
    }

    /// <inheritdoc/>
    public bool Take(Frame frame)
    {
        lock (_lock)
        {
            switch (frame.Kind)
            {
                case FrameKind.Started when !_started:
                    _started = true;
                    break;
                case FrameKind.Output or FrameKind.Error when _started && frame.Body.Length is > 0 and var length && length <= _outputCredit:
                    _outputCredit -= length;
                    break;
                case FrameKind.Credit when _started:
                    Give(ref _inputCredit, frame.Body);
                    break;
                case FrameKind.Failed when !_started:
                case FrameKind.Exited when _started:
                    HasEnded = true;
                    break;
                default:
                    throw new ProtocolException($"a frame {frame.Kind} that may not come now");
            }

            _received.Writer.TryWrite(frame);
            if (HasEnded)
            {
                _received.Writer.TryComplete();
            }

            return HasEnded;
        }
    }

    /// <inheritdoc/>
    public void Lose(Exception reason)
    {
        lock (_lock)
        {
            HasEnded = true;
            _received.Writer.TryComplete(reason);
        }
    }

    /// <summary>Nobody wants it any more.</summary>
    internal async ValueTask CloseAsync()
    {
        if (!HasEnded)
        {
            connection.Forget(number);
            await connection.TrySendAsync(new Frame(FrameKind.Close, number, default));
        }
    }

    /// <summary>Nobody ever needs more than the window, and so what is held for the other side is bounded by it.</summary>
    private static void Give(ref int credit, ReadOnlyMemory<byte> body)
    {
        int bytes = RunCredit.Read(body.Span);
        credit = bytes <= Frames.Window - credit ? credit + bytes : throw new ProtocolException($"credit for {bytes} bytes");
    }
}
