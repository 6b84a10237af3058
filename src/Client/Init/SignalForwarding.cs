using System.Runtime.InteropServices;
using ContainerManager.Linux;

namespace ContainerManager.Client.Init;

/// <summary>
/// Hands signals on to the payload. The kernel drops every signal that a process 1 has no handler for, so these must be there before the
/// payload is; one that comes earlier is kept.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    // signal(7), the same on x86-64 and arm64: HUP INT QUIT USR1 USR2 TERM CONT WINCH.
    private static ReadOnlySpan<byte> Forwarded => [1, 2, 3, 10, 12, 15, 18, 28];

    private readonly Lock _lock = new();
    private readonly List<int> _early = [];
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _payload;

    internal SignalForwarding()
    {
        foreach (byte signal in Forwarded)
        {
            int number = signal;
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                Forward(number);
            }));
        }
    }

    /// <summary>The payload runs: what came before it is handed on now.</summary>
    internal void ForwardTo(int payload)
    {
        lock (_lock)
        {
            _payload = payload;
            _early.ForEach(signal => ChildProcess.Signal(payload, signal));
        }
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void Forward(int signal)
    {
        lock (_lock)
        {
            if (_payload == 0)
            {
                _early.Add(signal);
            }
            else
            {
                ChildProcess.Signal(_payload, signal);
            }
        }
    }
}
