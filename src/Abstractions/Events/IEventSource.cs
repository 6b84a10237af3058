using System.Runtime.InteropServices;

namespace ContainerManager.Abstractions;

/// <summary>A file descriptor for the core's event loop, and how to read it.</summary>
/// <remarks>
/// The loop waits for the descriptor and calls <see cref="Drain"/> on the thread that woke; never on two threads at once. The core
/// disposes the source when the server stops or the plugin is unloaded.
/// </remarks>
public interface IEventSource : IDisposable
{
    /// <summary>What logs and <c>status</c> call it.</summary>
    string Name { get; }

    /// <summary>The descriptor to wait for. Open from construction to disposal; must support epoll(7).</summary>
    SafeHandle Handle { get; }

    /// <summary>What of the descriptor means that there is something to do.</summary>
    EventReadiness Readiness { get; }

    /// <summary>
    /// Reads everything that is there and posts what it means. Must not block: a source that hangs holds up nobody but itself only as
    /// long as threads last. When it throws, the source is closed and marked faulty in <c>status</c>.
    /// </summary>
    void Drain(IEventSink sink);
}

/// <summary>Conditions of epoll_ctl(2) to wait for.</summary>
[Flags]
public enum EventReadiness
{
    /// <summary>EPOLLIN: there is something to read.</summary>
    Readable = 1,

    /// <summary>EPOLLPRI: an exceptional condition, such as a changed <c>/proc/PID/mountinfo</c>.</summary>
    Exceptional = 2,
}
