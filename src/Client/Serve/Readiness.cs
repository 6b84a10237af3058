using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace ContainerManager.Client.Serve;

/// <summary>Which descriptors are waited for, and what is done when one is ready.</summary>
internal sealed class Readiness : IDisposable
{
    internal static readonly int Input = EPOLLIN;
    internal static readonly int Output = EPOLLOUT;

    private readonly Epoll _epoll = new();
    private readonly Dictionary<ulong, Action> _actions = [];
    private readonly Dictionary<SafeFileHandle, ulong> _tokens = [];
    private ulong _last;

    public void Dispose() => _epoll.Dispose();

    /// <summary>Has <paramref name="action"/> called each time the descriptor is ready for <paramref name="events"/>, or has failed.</summary>
    internal void Add(SafeFileHandle handle, int events, Action action)
    {
        ulong token = ++_last;
        _epoll.Add(handle, events, token);
        _tokens.Add(handle, token);
        _actions.Add(token, action);
    }

    /// <summary>Not until it is added again. Nothing, if it was not there.</summary>
    internal void Remove(SafeFileHandle handle)
    {
        if (_tokens.Remove(handle, out ulong token))
        {
            _actions.Remove(token);
            _epoll.Remove(handle);
        }
    }

    internal bool Has(SafeFileHandle handle) => _tokens.ContainsKey(handle);

    internal void WaitForOne()
    {
        if (_actions.TryGetValue(_epoll.Wait(), out Action? action))
        {
            action();
        }
    }
}
