using System.Text;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Client.Init;

/// <summary>
/// Tells the server how it goes, in lines on what was standard output. A server that is gone is no reason to end: nobody reads it
/// then. No program of the container inherits the descriptor.
/// </summary>
internal sealed class Report
{
    private readonly SafeFileHandle _toServer = OwnProcess.KeepStandardStream(1);
    private readonly SafeFileHandle _fromServer = OwnProcess.KeepStandardStream(0);

    /// <summary>Says that we are there. False: the server has gone before it said go.</summary>
    internal bool WaitForGo()
    {
        Say("born\n");
        return HasGo();
    }

    /// <summary>Says that the container is there, and its program could start: the server puts in what it gets. False: as of <see cref="WaitForGo"/>.</summary>
    internal bool WaitForStart()
    {
        Say("ready\n");
        bool go = HasGo();
        _fromServer.Dispose();
        return go;
    }

    private bool HasGo() => Descriptor.ReadByte(_fromServer) == 'g';

    internal void Running() => Say("running\n");

    internal void Failed(string reason) => Say($"failed {reason.ReplaceLineEndings(" ")}\n");

    internal void Ended(int status, byte[] log)
    {
        Say($"ended {status}\n");
        _ = Descriptor.TryWrite(_toServer, log);
    }

    private void Say(string text) => _ = Descriptor.TryWrite(_toServer, Encoding.UTF8.GetBytes(text));
}
