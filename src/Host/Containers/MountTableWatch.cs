using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Tells when the mounts of a container have changed (the exceptional condition of its mountinfo, proc_pid_mountinfo(5)): by us, mostly. Each change is told
/// once, a moment later, so that a hundred together are one; less and less often while somebody undoes what we do, and where a look takes long.
/// </summary>
internal sealed class MountTableWatch : IEventSource
{
    internal static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);
    internal static readonly TimeSpan LongestMoment = TimeSpan.FromSeconds(12.8);

    /// <summary>After this time without a loss, whoever caused the last one is forgiven.</summary>
    internal static readonly TimeSpan ForgivenAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SafeFileHandle _mountInfo;
    private readonly TimeProvider _time;
    private readonly ITimer _afterwards;
    private TimeSpan _moment = Moment;
    private TimeSpan _rest;
    private long? _lastLoss;
    private int _isDue;

    /// <param name="mountInfo">The mountinfo of a process of the container; it is closed with the watch.</param>
    /// <param name="time">Says when a moment is over.</param>
    /// <param name="changed">Told; must return at once.</param>
    internal MountTableWatch(SafeFileHandle mountInfo, TimeProvider time, Action changed)
    {
        (_mountInfo, _time) = (mountInfo, time);
        _afterwards = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref _isDue, 0);
                changed();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public string Name => "mountinfo of a container";

    /// <inheritdoc/>
    public SafeHandle Handle => _mountInfo;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Exceptional;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        if (Interlocked.Exchange(ref _isDue, 1) == 0)
        {
            _afterwards.Change(NextMoment(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Somebody has looked, in the container's lane.</summary>
    /// <param name="took">How long: a tenth of the time is spent with it at the most.</param>
    /// <param name="found">Something was done to a mount of ours: the next look comes later than this one did.</param>
    internal void Looked(TimeSpan took, bool found)
    {
        lock (_lock)
        {
            _rest = took * 9;
            if (found)
            {
                TimeSpan doubled = (IsForgiven ? Moment : _moment) * 2;
                (_moment, _lastLoss) = (doubled < LongestMoment ? doubled : LongestMoment, _time.GetTimestamp());
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _afterwards.Dispose();
        _mountInfo.Dispose();
    }

    private TimeSpan NextMoment()
    {
        lock (_lock)
        {
            return Longer(IsForgiven ? Moment : _moment, _rest);
        }
    }

    private bool IsForgiven => _lastLoss is not { } last || _time.GetElapsedTime(last) >= ForgivenAfter;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
