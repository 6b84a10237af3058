using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>
/// cgroup v1: tells when somebody writes to the device list of a container that we have granted something. Our own writes wake it, too, and find
/// everything as it should be. Used by all lanes at once.
/// </summary>
internal sealed class DeviceListWatch : IEventSource
{
    private readonly Inotify _inotify = new();
    private readonly List<InotifyRecord> _records = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Action> _changed = [];

    /// <inheritdoc/>
    public string Name => "device lists";

    /// <inheritdoc/>
    public SafeHandle Handle => _inotify.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <summary>Watches a cgroup until the result is disposed; it ends with the cgroup by itself.</summary>
    /// <param name="cgroup">Its directory.</param>
    /// <param name="changed">Called on a thread of the core's loop: must return at once.</param>
    /// <exception cref="KernelException">There is no such cgroup, or no watch left.</exception>
    internal IDisposable Add(string cgroup, Action changed)
    {
        int[] watches = [.. ((string[])["devices.deny", "devices.allow"]).Select(file => _inotify.AddWatch($"{cgroup}/{file}", InotifyMask.IN_CLOSE_WRITE))];
        lock (_lock)
        {
            Array.ForEach(watches, watch => _changed[watch] = changed);
        }

        return new Watches(this, watches);
    }

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        HashSet<Action> changed = [];
        lock (_lock)
        {
            bool more;
            do
            {
                more = _inotify.Read(_records);
                foreach (InotifyRecord record in _records)
                {
                    changed.UnionWith(record.Mask.HasFlag(InotifyMask.IN_Q_OVERFLOW) ? _changed.Values : _changed.TryGetValue(record.Watch, out Action? one) ? [one] : []);
                }
            }
            while (more);
        }

        foreach (Action one in changed)
        {
            one();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    private void Remove(int[] watches)
    {
        lock (_lock)
        {
            foreach (int watch in watches)
            {
                _changed.Remove(watch);
                _inotify.RemoveWatch(watch);
            }
        }
    }

    private sealed class Watches(DeviceListWatch owner, int[] watches) : IDisposable
    {
        public void Dispose() => owner.Remove(watches);
    }
}
