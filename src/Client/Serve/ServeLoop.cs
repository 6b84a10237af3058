using System.Globalization;
using ContainerManager.Client.Manual;
using ContainerManager.Linux;
using ContainerManager.Protocol;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Serve;

/// <summary>
/// <c>client serve</c>: runs programs for the server, over its own standard input and output. One thread that waits for whatever comes next; nothing
/// happens while nothing comes.
/// </summary>
internal sealed class ServeLoop : IDisposable
{
    private const int StatusOfBadProtocol = 3;

    private readonly SafeFileHandle _input;
    private readonly FrameWriter _output;
    private readonly FrameBuffer _received = new();
    private readonly Readiness _ready = new();
    private readonly Dictionary<uint, RunningProgram> _programs = [];
    private readonly InsideMounts? _mounts;
    private readonly InsideEvents _events = new();
    private readonly Action<string>? _welcomed;
    private bool _welcome;
    private bool _over;

    private ServeLoop(SafeFileHandle input, SafeFileHandle output, InsideMounts? mounts = null, Action<string>? welcomed = null) =>
        (_input, _output, _mounts, _welcomed) = (input, new FrameWriter(output), mounts, welcomed);

    /// <summary>Runs until the server closes the stream; returns the exit status.</summary>
    internal static int Run()
    {
        // None of what we start inherits the way to the server.
        OwnProcess.CloseInheritedDescriptors();
        SafeFileHandle input = OwnProcess.KeepStandardStream(0), output = OwnProcess.KeepStandardStream(1), error = OwnProcess.KeepStandardStream(2);
        OwnProcess.SilenceStandardStreams();
        using ServeLoop loop = new(input, output);
        try
        {
            loop.RunToTheEnd();
            return 0;
        }
        catch (IOException failure)
        {
            Descriptor.TryWrite(error, System.Text.Encoding.UTF8.GetBytes($"client: {failure.Message}\n"));
            return failure is ProtocolException ? StatusOfBadProtocol : 1;
        }
        finally
        {
            loop.HangUpAll();
        }
    }

    /// <summary>Serves over a socket until the server closes it.</summary>
    /// <param name="server">The socket.</param>
    /// <param name="mounts">Mounts what the server has made for us.</param>
    /// <param name="welcomed">Told as which container.</param>
    /// <returns>Why it is over, for a person.</returns>
    internal static string Serve(SafeFileHandle server, InsideMounts mounts, Action<string> welcomed)
    {
        using ServeLoop loop = new(server, server, mounts, welcomed);
        try
        {
            loop.RunToTheEnd();
            return "the server has ended";
        }
        catch (IOException failure)
        {
            return failure.Message;
        }
        finally
        {
            loop.HangUpAll();
        }
    }

    public void Dispose()
    {
        _ready.Dispose();
        _events.Dispose();
        _input.Dispose();
    }

    private void RunToTheEnd()
    {
        _output.Write(MessageFormat.Write(FrameKind.Hello, 0, new Hello(Frames.Version, Environment.ProcessId)));
        _ready.Add(_input, Readiness.Input, TakeInput);
        while (!_over)
        {
            _ready.WaitForOne();
        }
    }

    private void TakeInput()
    {
        int count = Descriptor.ReadSome(_input, _received.Free);
        if (count == 0)
        {
            _over = true;
            return;
        }

        _received.Filled(Math.Max(0, count));
        while (!_over && _received.TryTake(out Frame frame))
        {
            // Who was stopped, and wakes when the server has given it up, must not do what the server took for not done.
            _over = frame.Kind is FrameKind.Mount or FrameKind.Unmount or FrameKind.Uevent && UnixStream.IsClosedByPeer(_input);
            if (!_over)
            {
                Take(frame);
            }
        }
    }

    private void Take(Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Welcome when !_welcome && MessageFormat.Read<Welcome>(frame.Body) is { Version: Frames.Version } welcome:
                _welcome = true;
                _welcomed?.Invoke(welcome.Container);
                break;
            case FrameKind.Ping when _welcome:
                _output.Write(new Frame(FrameKind.Pong, 0, default));
                break;
            case FrameKind.Prepare when _welcome && _mounts is not null:
                _output.Write(MessageFormat.Write(FrameKind.Answer, frame.Channel, _mounts.Prepare(MessageFormat.Read<PrepareInside>(frame.Body))));
                break;
            case FrameKind.Mount when _welcome && _mounts is not null:
                _output.Write(MessageFormat.Write(FrameKind.Answer, frame.Channel, _mounts.Mount(MessageFormat.Read<MountInside>(frame.Body))));
                break;
            case FrameKind.Unmount when _welcome && _mounts is not null:
                _output.Write(MessageFormat.Write(FrameKind.Answer, frame.Channel, InsideMounts.Unmount(MessageFormat.Read<UnmountInside>(frame.Body))));
                break;
            case FrameKind.Uevent when _welcome && _mounts is not null:
                _output.Write(MessageFormat.Write(FrameKind.Answer, frame.Channel, _events.Tell(MessageFormat.Read<UeventInside>(frame.Body))));
                break;
            case FrameKind.Run when _welcome && frame.Channel != 0 && !_programs.ContainsKey(frame.Channel) && _programs.Count < Frames.MostChannels:
                Start(frame.Channel, MessageFormat.Read<RunRequest>(frame.Body));
                break;
            case FrameKind.Input or FrameKind.InputEnd or FrameKind.Credit or FrameKind.Resize or FrameKind.Signal or FrameKind.Close when _welcome:
                // One that has just ended may still be written to.
                if (_programs.TryGetValue(frame.Channel, out RunningProgram? program))
                {
                    program.Take(frame);
                }

                break;
            default:
                throw new ProtocolException(string.Create(CultureInfo.InvariantCulture, $"a frame {(int)frame.Kind} that may not come now"));
        }
    }

    private void Start(uint channel, RunRequest request)
    {
        try
        {
            _programs.Add(channel, RunningProgram.Start(channel, request, _ready, _output, () => _programs.Remove(channel)));
        }
        catch (KernelException failure)
        {
            _output.Write(MessageFormat.Write(FrameKind.Failed, channel, new RunFailed(failure.Message, 126)));
        }
    }

    private void HangUpAll()
    {
        foreach (RunningProgram program in _programs.Values)
        {
            program.HangUp();
        }
    }
}
