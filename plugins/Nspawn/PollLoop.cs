using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>One thread waits for descriptors and does what each asks for, one thing at a time: what it alone touches needs no lock.</summary>
internal sealed class PollLoop : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly EventFd _wake = new();
    private readonly Dictionary<ulong, Action> _actions = [];
    private ulong _lastToken;
    private volatile bool _stopping;

    internal PollLoop() => Add(_wake.Handle, () => _wake.TryTake());

    /// <summary>Calls <paramref name="ready"/> while the descriptor is readable, until it is removed. On the loop's thread, or before it runs.</summary>
    internal ulong Add(SafeFileHandle handle, Action ready)
    {
        ulong token = ++_lastToken;
        _actions.Add(token, ready);
        _epoll.Add(handle, EPOLLIN, token);
        return token;
    }

    /// <summary>Ends a registration; the descriptor must still be open.</summary>
    internal void Remove(ulong token, SafeFileHandle handle)
    {
        if (_actions.Remove(token))
        {
            _epoll.Remove(handle);
        }
    }

    /// <summary>Runs until stopped, or until something throws.</summary>
    internal void Run()
    {
        while (!_stopping)
        {
            // One that was removed may have been ready at the same time as what removed it.
            if (_actions.TryGetValue(_epoll.Wait(), out Action? ready) && !_stopping)
            {
                ready();
            }
        }
    }

    /// <summary>Ends <see cref="Run"/>. From any thread.</summary>
    internal void Stop()
    {
        _stopping = true;
        _wake.Signal();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _epoll.Dispose();
        _wake.Dispose();
    }
}
