using System.Runtime.InteropServices;
using System.Threading.Channels;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Cli.Runs;

/// <summary>One program that runs inside, connected to our own standard streams or terminal, or to whoever wants to know what it says.</summary>
internal sealed class RunSession
{
    /// <summary>The one run on the connection.</summary>
    private const uint Channel = 1;

    private readonly FrameStream _frames;
    private readonly RunRequest _request;
    private readonly bool _withInput;
    private readonly Func<FrameKind, ReadOnlyMemory<byte>, bool> _output;
    private readonly CreditGate _credit = new(Frames.Window);
    private readonly byte[] _creditBody = new byte[sizeof(int)];
    private int _owed;

    private RunSession(FrameStream frames, RunRequest request, bool withInput, Func<FrameKind, ReadOnlyMemory<byte>, bool> output) =>
        (_frames, _request, _withInput, _output) = (frames, request, withInput, output);

    /// <summary>Runs it to its end.</summary>
    /// <param name="server">The connection that the server has upgraded.</param>
    /// <param name="request">What to run.</param>
    /// <param name="withInput">Our standard input is its.</param>
    /// <param name="cancellationToken">Ends the connection, and the program with it.</param>
    /// <returns>Its exit status.</returns>
    /// <exception cref="Failure">It could not be started.</exception>
    internal static async Task<int> RunAsync(Stream server, RunRequest request, bool withInput, CancellationToken cancellationToken)
    {
        await using FrameStream frames = new(server);
        using SafeFileHandle input = new(0, ownsHandle: false);
        using SafeFileHandle output = new(Descriptor.StandardOutput, ownsHandle: false), error = new(Descriptor.StandardError, ownsHandle: false);
        RunSession session = new(frames, request, withInput, (kind, bytes) => Descriptor.TryWrite(kind == FrameKind.Output ? output : error, bytes.Span));
        using RawTerminal? raw = request.Terminal is not null && RawTerminal.IsTerminal(input) ? RawTerminal.Enter(input) : null;
        return await session.RunAsync(input, cancellationToken);
    }

    /// <summary>Runs it to its end without input, and hands on what it says.</summary>
    /// <param name="server">The connection that the server has upgraded.</param>
    /// <param name="request">What to run.</param>
    /// <param name="output">Gets it as it comes: <see cref="FrameKind.Output"/> or <see cref="FrameKind.Error"/>, and the bytes.</param>
    /// <param name="cancellationToken">Ends the connection, and the program with it.</param>
    /// <returns>Its exit status.</returns>
    /// <exception cref="Failure">It could not be started.</exception>
    internal static async Task<int> ListenAsync(
        Stream server, RunRequest request, Action<FrameKind, ReadOnlyMemory<byte>> output, CancellationToken cancellationToken)
    {
        await using FrameStream frames = new(server);
        using SafeFileHandle input = new(0, ownsHandle: false);
        return await new RunSession(frames, request, withInput: false, (kind, bytes) =>
        {
            output(kind, bytes);
            return true;
        }).RunAsync(input, cancellationToken, withSignals: false);
    }

    private async Task<int> RunAsync(SafeFileHandle input, CancellationToken cancellationToken, bool withSignals = true)
    {
        await _frames.WriteAsync(MessageFormat.Write(FrameKind.Run, Channel, _request), cancellationToken);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // The thread that reads the input may begin only when all is over, and the source has no token to give any more.
        CancellationToken untilOver = over.Token;
        List<PosixSignalRegistration> signals = [];
        Channel<Frame> asked = System.Threading.Channels.Channel.CreateUnbounded<Frame>();
        try
        {
            if (withSignals)
            {
                Listen(signals, asked.Writer);
            }

            _ = SendAskedAsync(asked.Reader, untilOver);
            while (await _frames.ReadAsync(untilOver) is { } frame)
            {
                switch (frame.Kind)
                {
                    case FrameKind.Started:
                        // Reading a terminal or a pipe cannot be called off: that thread ends with us.
                        new Thread(() => SendInput(input, untilOver)) { IsBackground = true, Name = "input" }.Start();
                        break;
                    case FrameKind.Output or FrameKind.Error:
                        await PassAsync(frame, untilOver);
                        break;
                    case FrameKind.Credit:
                        _credit.Give(RunCredit.Read(frame.Body.Span));
                        break;
                    case FrameKind.Exited:
                        return MessageFormat.Read<RunExited>(frame.Body).Status;
                    case FrameKind.Failed:
                        RunFailed failed = MessageFormat.Read<RunFailed>(frame.Body);
                        throw new Failure(failed.Status, failed.Reason);
                    default:
                        throw new ProtocolException($"a frame {frame.Kind}");
                }
            }

            throw new Failure(ExitCode.Failed, "the server ended before the program did");
        }
        finally
        {
            signals.ForEach(signal => signal.Dispose());
            await over.CancelAsync();
        }
    }

    /// <summary>Gives back the credit of what is written.</summary>
    private async Task PassAsync(Frame frame, CancellationToken cancellationToken)
    {
        if (!_output(frame.Kind, frame.Body))
        {
            throw new Failure(ExitCode.Failed, "cannot write what the program says: nobody reads it any more, or the disk is full");
        }

        _owed += frame.Body.Length;
        if (_owed < RunCredit.Piece)
        {
            return;
        }

        try
        {
            await _frames.WriteAsync(RunCredit.Write(Channel, _owed, _creditBody), cancellationToken);
            _owed = 0;
        }
        catch (IOException)
        {
            // The run may be over, and what is said of it not read yet.
        }
    }

    private void SendInput(SafeFileHandle input, CancellationToken cancellationToken)
    {
        try
        {
            if (_withInput)
            {
                byte[] buffer = new byte[FrameHeader.LongestBody];
                int length;
                while ((length = Descriptor.ReadSome(input, buffer)) > 0)
                {
                    for (int sent = 0; sent < length;)
                    {
                        int now = _credit.Take(length - sent);
                        Send(new Frame(FrameKind.Input, Channel, buffer.AsMemory(sent, now)), cancellationToken);
                        sent += now;
                    }
                }
            }

            if (_request.Terminal is null)
            {
                Send(new Frame(FrameKind.InputEnd, Channel, default), cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The program has ended, or the server: whoever reads the frames says so.
        }
    }

    private void Send(Frame frame, CancellationToken cancellationToken) => _frames.WriteAsync(frame, cancellationToken).AsTask().GetAwaiter().GetResult();

    private async Task SendAskedAsync(ChannelReader<Frame> asked, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (Frame frame in asked.ReadAllAsync(cancellationToken))
            {
                await _frames.WriteAsync(frame, cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // As in SendInput.
        }
    }

    /// <summary>What would end us goes to the program instead, and how large our window is.</summary>
    private void Listen(List<PosixSignalRegistration> signals, ChannelWriter<Frame> asked)
    {
        foreach ((PosixSignal signal, int number) in ((PosixSignal, int)[])[(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)])
        {
            signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                asked.TryWrite(MessageFormat.Write(FrameKind.Signal, Channel, new RunSignal(number)));
            }));
        }

        if (_request.Terminal is not null)
        {
            signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => asked.TryWrite(MessageFormat.Write(FrameKind.Resize, Channel, SizeOfWindow()))));
        }
    }

    /// <summary>Of our own terminal; 24 × 80 where there is none.</summary>
    internal static TerminalSize SizeOfWindow()
    {
        try
        {
            // A terminal that was never shown has no size.
            (int rows, int columns) = (Console.WindowHeight, Console.WindowWidth);
            return new TerminalSize((ushort)(rows > 0 ? rows : 24), (ushort)(columns > 0 ? columns : 80));
        }
        catch (IOException)
        {
            return new TerminalSize(24, 80);
        }
    }
}
