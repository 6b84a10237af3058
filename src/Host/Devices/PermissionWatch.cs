using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>
/// Has the permissions of containers looked at again when a device program may have been put in the place of ours: by systemd at a
/// daemon-reload, by a runtime at an update. A program is loaded a moment before it is attached, and nothing tells of that; so it is looked at a few times.
/// </summary>
/// <param name="loads">Of one processor.</param>
/// <param name="check">Looks at all containers. Cheap when nothing has changed.</param>
internal sealed class PermissionWatch(ProgramLoads loads, Action check) : IEventSource
{
    private static readonly TimeSpan[] Again = [TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(16), TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(500)];

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private int _next;

    /// <inheritdoc/>
    public string Name => "device programs";

    /// <inheritdoc/>
    public SafeHandle Handle => loads.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <summary>One for each processor; none, and why, where the kernel does not tell.</summary>
    internal static IReadOnlyList<PermissionWatch> OfAllProcessors(Action check, Action<string> warn)
    {
        List<PermissionWatch> watches = [];
        try
        {
            foreach (int processor in Processors.Online())
            {
                watches.Add(new PermissionWatch(new ProgramLoads(processor), check));
            }
        }
        catch (IOException failure)
        {
            warn($"device permissions that somebody else takes away are not granted again by themselves: {failure.Message}");
        }

        return watches;
    }

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        loads.Drain();
        lock (_lock)
        {
            _next = 0;
            _timer ??= TimeProvider.System.CreateTimer(_ => Later(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Again[0], Timeout.InfiniteTimeSpan);
        }

        check();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
        }

        loads.Dispose();
    }

    private void Later()
    {
        lock (_lock)
        {
            if (++_next < Again.Length)
            {
                _timer?.Change(Again[_next], Timeout.InfiniteTimeSpan);
            }
        }

        check();
    }
}
