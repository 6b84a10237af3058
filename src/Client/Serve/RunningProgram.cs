using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>One program that runs for the server.</summary>
internal sealed class RunningProgram
{
    private const int Hangup = 1;

    private readonly uint _channel;
    private readonly int _processId;
    private readonly bool _detached;
    private readonly SafeFileHandle _process;
    private readonly ProgramInput _input;
    private readonly List<(SafeFileHandle Handle, FrameKind Kind)> _outputs;
    private readonly PseudoTerminal? _terminal;
    private readonly Readiness _ready;
    private readonly FrameWriter _server;
    private readonly Action _over;
    private int _credit = Frames.Window;
    private readonly byte[] _creditBody = new byte[sizeof(int)];
    private int _owed;
    private int? _status;

    private RunningProgram(uint channel, int processId, bool detached, ProgramStreams streams, Readiness ready, FrameWriter server, Action over)
    {
        (_channel, _processId, _detached, _ready, _server, _over) = (channel, processId, detached, ready, server, over);
        _process = ProcessDescriptor.Open(processId);
        _terminal = streams.Terminal;
        _outputs = streams.Outputs;
        _input = new ProgramInput(streams.Input, streams.Terminal is not null, ready, Written);
    }

    /// <summary>Starts it.</summary>
    /// <param name="channel">Its channel.</param>
    /// <param name="request">What to run.</param>
    /// <param name="ready">Waits for its descriptors.</param>
    /// <param name="server">Where its output goes.</param>
    /// <param name="over">Called when the channel is free again.</param>
    /// <exception cref="KernelException">There is no terminal, no descriptor or no process to be had.</exception>
    internal static RunningProgram Start(uint channel, RunRequest request, Readiness ready, FrameWriter server, Action over)
    {
        (int processId, ProgramStreams streams) = ProgramStart.Start(request);
        RunningProgram program = new(channel, processId, request.Detached, streams, ready, server, over);
        server.Write(MessageFormat.Write(FrameKind.Started, channel, new RunStarted(processId)));
        ready.Add(program._process, Readiness.Input, program.Ended);
        program.Listen();
        return program;
    }

    /// <summary>Takes what the server sends for it.</summary>
    /// <exception cref="ProtocolException">It may not be sent now.</exception>
    internal void Take(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Input when !_detached:
                _input.Add(frame.Body.Span);
                if (_terminal is not null && _input.WantsToWrite)
                {
                    Listen();
                }

                break;
            case FrameKind.InputEnd when !_detached:
                _input.End();
                break;
            case FrameKind.Credit:
                bool paused = _credit == 0;
                _credit += RunCredit.Read(frame.Body.Span);
                if (paused)
                {
                    Listen();
                    FinishIfDrained();
                }

                break;
            case FrameKind.Resize when _terminal is not null:
                TerminalSize size = MessageFormat.Read<TerminalSize>(frame.Body);
                PseudoTerminal.SetSize(_terminal.Master, size.Rows, size.Columns);
                break;
            case FrameKind.Signal:
                Signal(MessageFormat.Read<RunSignal>(frame.Body).Number);
                break;
            case FrameKind.Close:
                HangUp();
                CloseStreams();
                // The end is still waited for, so that no dead process stays.
                _status ??= -1;
                _over();
                break;
        }
    }

    /// <summary>Nobody is there for it any more.</summary>
    internal void HangUp()
    {
        if (!_detached)
        {
            Signal(Hangup);
        }
    }

    /// <summary>To it and its process group.</summary>
    internal void Signal(int number)
    {
        if (_status is null && number is > 0 and <= 64)
        {
            ChildProcess.SignalGroup(_processId, number);
        }
    }

    /// <summary>Credit is given back in pieces that are worth a frame.</summary>
    private void Written(int count)
    {
        _owed += count;
        if (_owed >= RunCredit.Piece || !_input.WantsToWrite)
        {
            _server.Write(RunCredit.Write(_channel, _owed, _creditBody));
            _owed = 0;
        }
    }

    /// <summary>Waits for output while there is credit for it, and for room for input where the terminal is both.</summary>
    private void Listen()
    {
        foreach ((SafeFileHandle handle, FrameKind kind) in _outputs)
        {
            bool toWrite = _terminal is not null && _input.WantsToWrite;
            _ready.Remove(handle);
            if (_credit > 0 || toWrite)
            {
                int events = (_credit > 0 ? Readiness.Input : 0) | (toWrite ? Readiness.Output : 0);
                _ready.Add(handle, events, () => Ready(handle, kind));
            }
        }
    }

    private void Ready(SafeFileHandle handle, FrameKind kind)
    {
        bool wanted = _input.WantsToWrite;
        if (_terminal is not null && wanted)
        {
            _input.Flush();
        }

        if (_credit > 0)
        {
            _ = PassOn(handle, kind);
        }

        if (_credit == 0 || wanted)
        {
            Listen();
        }

        FinishIfDrained();
    }

    /// <summary>Passes on what is there; false: nothing is.</summary>
    private bool PassOn(SafeFileHandle handle, FrameKind kind)
    {
        int count = Descriptor.ReadSome(handle, _server.Body[..Math.Min(_credit, FrameHeader.LongestBody)]);
        if (count > 0)
        {
            _credit -= count;
            _server.WriteBody(kind, _channel, count);
            return true;
        }

        if (count == 0)
        {
            Close(handle);
        }

        return false;
    }

    private void Close(SafeFileHandle handle)
    {
        _ready.Remove(handle);
        _outputs.RemoveAll(output => ReferenceEquals(output.Handle, handle));
        handle.Dispose();
    }

    private void Ended()
    {
        _ready.Remove(_process);
        _process.Dispose();
        int status = ChildProcess.Wait(_processId);
        if (_status is not null)
        {
            return; // Nobody wants to know any more.
        }

        _status = status;
        _terminal?.Slave.Dispose();
        FinishIfDrained();
    }

    /// <summary>
    /// What it wrote before its end is in the pipes, or in the terminal: what still comes is of others that it has started, and not waited for.
    /// </summary>
    private void FinishIfDrained()
    {
        if (_status is not { } status || status < 0)
        {
            return;
        }

        foreach ((SafeFileHandle handle, FrameKind kind) in _outputs.ToArray())
        {
            while (_credit > 0 && PassOn(handle, kind))
            {
            }
        }

        if (_credit == 0 && _outputs.Count > 0)
        {
            Listen();
            return;
        }

        _status = -1;
        CloseStreams();
        _server.Write(MessageFormat.Write(FrameKind.Exited, _channel, new RunExited(status)));
        _over();
    }

    private void CloseStreams()
    {
        _input.Close();
        _terminal?.Slave.Dispose();
        foreach ((SafeFileHandle handle, _) in _outputs.ToArray())
        {
            Close(handle);
        }
    }
}
