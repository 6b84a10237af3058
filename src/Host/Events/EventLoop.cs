using System.Collections.Concurrent;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Host.Events;

/// <summary>
/// A few interchangeable threads wait in one epoll. Whoever reads an event carries out what follows from it: a hand-over to another
/// thread would cost as much as all the rest. A thread that hangs in a lane is replaced, so that there is always one that waits.
/// </summary>
internal sealed class EventLoop : ILaneScheduler, IDisposable
{
    private const ulong WakeToken = 0;
    private const int EdgeTriggered = unchecked((int)0x80000000);
    private const int UsualThreads = 3;
    private const int MostThreads = 128;

    /// <summary>Before whatever else the server does, were it a thousand callers: an event is some microseconds of work.</summary>
    private const int Nice = -10;
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static EventLoop? t_current;

    [ThreadStatic]
    private static Lane? t_running;

    private readonly Epoll _epoll = new();
    private readonly EventFd _wake = new();
    private readonly ConcurrentQueue<Lane> _ready = new();
    private readonly ConcurrentDictionary<ulong, Registration> _sources = new();
    private readonly IEventSink _sink;
    private readonly Action<string, Exception> _onFault;
    private readonly ManualResetEventSlim _ended = new();
    private ulong _lastToken = WakeToken;
    private int _threads;
    private int _shortOfThreads;
    private int _waiting;
    private int _wakePending;
    private volatile bool _stopping;

    /// <param name="sink">Where plugin sources post.</param>
    /// <param name="onFault">Told of a source that was closed, or of work that failed, by name.</param>
    internal EventLoop(IEventSink sink, Action<string, Exception> onFault)
    {
        _sink = sink;
        _onFault = onFault;
        _epoll.Add(_wake.Handle, EPOLLIN | EPOLLONESHOT, WakeToken);
    }

    /// <summary>Starts the threads.</summary>
    internal void Start()
    {
        for (int i = 0; i < UsualThreads; i++)
        {
            StartThread();
        }
    }

    /// <summary>Waits for a source from now on; the loop disposes it when it is removed.</summary>
    /// <param name="source">What to wait for.</param>
    /// <param name="failed">Told, before the source is closed, why it is; beside whoever is told of all.</param>
    /// <exception cref="KernelException">Its handle cannot be waited for (epoll_ctl(2)).</exception>
    internal IDisposable Add(IEventSource source, Action<Exception>? failed = null)
    {
        Registration registration = new(this, source, failed, Interlocked.Increment(ref _lastToken));
        _sources[registration.Token] = registration;
        try
        {
            _epoll.Add(source.Handle, registration.Events, registration.Token);
        }
        catch
        {
            _sources.TryRemove(registration.Token, out _);
            throw;
        }

        return registration;
    }

    /// <inheritdoc/>
    public void Ready(Lane lane)
    {
        bool others = !_ready.IsEmpty;
        _ready.Enqueue(lane);
        // A loop thread runs what it has made ready itself as soon as it is done; everybody else, and every second lane, needs a wake-up.
        if (others || t_current != this || t_running is { ReportsEarly: true })
        {
            WakeOne();
        }
    }

    /// <summary>
    /// Ends the threads, so that sources can be closed. Lanes that still have work are not run; a thread that hangs in one is not waited for:
    /// it reads no source.
    /// </summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Signal();
        if (Volatile.Read(ref _threads) > 0)
        {
            _ended.Wait(EndsWithin);
        }
    }

    private void StartThread()
    {
        Interlocked.Increment(ref _threads);
        try
        {
            new Thread(Run) { IsBackground = true, Name = "events" }.Start();
        }
        catch (OutOfMemoryException none) when (Interlocked.Decrement(ref _threads) > 0)
        {
            // So .NET calls EAGAIN of pthread_create(3), when a light container has used up the threads that the service may have, say. Those that are there go on.
            if (Interlocked.Exchange(ref _shortOfThreads, 1) == 0)
            {
                _onFault("events", none);
            }
        }
    }

    private void Run()
    {
        t_current = this;
        _ = SchedulingPriority.TrySet(Nice);
        while (!_stopping)
        {
            Interlocked.Increment(ref _waiting);
            ulong token = _epoll.Wait();
            Interlocked.Decrement(ref _waiting);
            if (token == WakeToken)
            {
                TakeWake();
            }
            else
            {
                Drain(token);
            }

            RunReady();
            if (Volatile.Read(ref _waiting) >= UsualThreads)
            {
                break;
            }
        }

        if (Interlocked.Decrement(ref _threads) == 0)
        {
            _ended.Set();
        }
    }

    private void TakeWake()
    {
        if (_stopping)
        {
            // Left signalled and armed: each thread passes it on to the next.
            _epoll.Modify(_wake.Handle, EPOLLIN | EPOLLONESHOT, WakeToken);
            return;
        }

        // In this order: a lane made ready in between is seen by RunReady, which follows.
        _wake.TryTake();
        Volatile.Write(ref _wakePending, 0);
        _epoll.Modify(_wake.Handle, EPOLLIN | EPOLLONESHOT, WakeToken);
    }

    private void Drain(ulong token)
    {
        if (!_sources.TryGetValue(token, out Registration? registration))
        {
            return;
        }

        try
        {
            registration.Drain(_sink);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            registration.Failed?.Invoke(fault);
            Close(registration);
            _onFault(registration.Source.Name, fault);
        }
    }

    /// <summary>A source that has failed may fail again when it is closed.</summary>
    private void Close(Registration registration)
    {
        try
        {
            registration.Dispose();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _onFault(registration.Source.Name, fault);
        }
    }

    private void RunReady()
    {
        while (!_stopping && _ready.TryDequeue(out Lane? lane))
        {
            if (!_ready.IsEmpty)
            {
                WakeOne();
            }

            // Should this one hang, another has to be there to wait for events.
            if (Volatile.Read(ref _waiting) == 0 && Volatile.Read(ref _threads) < MostThreads)
            {
                StartThread();
            }

            try
            {
                t_running = lane;
                lane.RunOne();
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                _onFault("work", fault);
            }
        }
    }

    private void WakeOne()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            _wake.Signal();
        }
    }

    private sealed class Registration(EventLoop loop, IEventSource source, Action<Exception>? failed, ulong token) : IDisposable
    {
        private readonly Lock _lock = new();
        private bool _removed;
        private int _wanted;

        internal IEventSource Source { get; } = source;

        internal Action<Exception>? Failed { get; } = failed;

        internal ulong Token { get; } = token;

        /// <remarks>
        /// The exceptional condition of a mountinfo is over once it was asked for, and re-arming a one-shot registration asks: a change during
        /// the drain would be lost (seen on Linux 6.18). Edge-triggered, it needs no re-arming.
        /// </remarks>
        internal int Events { get; } = (source.Readiness.HasFlag(EventReadiness.Readable) ? EPOLLIN : 0) |
            (source.Readiness.HasFlag(EventReadiness.Exceptional) ? EPOLLPRI | EdgeTriggered : EPOLLONESHOT);

        /// <summary>Drains, and once more for each time it became ready meanwhile: never two threads at once.</summary>
        internal void Drain(IEventSink sink)
        {
            if (Interlocked.Increment(ref _wanted) > 1)
            {
                return;
            }

            int wanted;
            do
            {
                wanted = Volatile.Read(ref _wanted);
                Source.Drain(sink);
            }
            while (Interlocked.CompareExchange(ref _wanted, 0, wanted) != wanted);
            Rearm();
        }

        private void Rearm()
        {
            lock (_lock)
            {
                if (!_removed && Source.Handle.IsClosed)
                {
                    // The kernel has forgotten it, and nothing would ever be heard of it again.
                    throw new InvalidOperationException("it closed its own descriptor");
                }

                if (!_removed && (Events & EPOLLONESHOT) != 0)
                {
                    loop._epoll.Modify(Source.Handle, Events, Token);
                }
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                if (_removed)
                {
                    return;
                }

                _removed = true;
            }

            loop._sources.TryRemove(Token, out _);
            try
            {
                // A descriptor that was closed behind its handle is not in the epoll any more, which the kernel reports as an error.
                if (!Source.Handle.IsClosed)
                {
                    loop._epoll.Remove(Source.Handle);
                }
            }
            finally
            {
                Source.Dispose();
            }
        }
    }
}
