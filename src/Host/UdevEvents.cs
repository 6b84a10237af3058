using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;

namespace ContainerManager.Host;

/// <summary>
/// Has the devices of the host followed for as long as a rule asks for any: through udevd, or through the kernel where none runs. When one is started,
/// or ends, from then on through the other.
/// </summary>
internal sealed class UdevEvents : IPathSink, IDisposable
{
    private static readonly PathPattern Control = new("/run/udev/control", EntriesOfDirectory: false, IsLiteral: true);

    private readonly Lock _lock = new();
    private readonly Engine _engine;
    private readonly Action<string> _warn;
    private readonly IReadOnlySet<string>? _wanted;
    private UeventGroup _group;
    private IDisposable? _registration;

    private UdevEvents(Engine engine, IReadOnlySet<string>? wanted, Action<string> warn) => (_engine, _wanted, _warn) = (engine, wanted, warn);

    /// <summary>Begins; null: no rule asks for a device.</summary>
    internal static UdevEvents? Start(Engine engine, ImmutableArray<ContainerRules> rules, Action<string> warn)
    {
        DeviceCondition[] conditions = [.. rules.Where(one => one.Udev.Enabled).SelectMany(one => one.Udev.Filters).Select(filter => filter.Condition)];
        if (conditions.Length == 0)
        {
            engine.Post(new HostEvent.DevicesListed([]));
            return null;
        }

        UdevEvents events = new(engine, SubsystemsOf(conditions), warn);
        events.Follow(UdevMonitor.UdevdRuns);
        engine.Paths.Watch(Control, events);
        return events;
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => Follow(udevd: true);

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => Follow(udevd: false);

    /// <inheritdoc/>
    public void PatternScanned(PathPattern pattern)
    {
    }

    /// <inheritdoc/>
    public void PatternFailed(PathPattern pattern, string? reason)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Paths.Unwatch(Control, this);
        lock (_lock)
        {
            _registration?.Dispose();
        }
    }

    /// <summary>
    /// The subsystems that all rules together are about, so that the kernel wakes us for no other. Null: it cannot be said, since what hangs from a
    /// device on a bus may be of any.
    /// </summary>
    private static HashSet<string>? SubsystemsOf(DeviceCondition[] conditions) =>
        Array.TrueForAll(conditions, condition => condition.Subsystem is { } name && Directory.Exists("/sys/class/" + name) && !Directory.Exists("/sys/bus/" + name))
            ? [.. conditions.Select(condition => condition.Subsystem!)]
            : null;

    private void Follow(bool udevd)
    {
        UeventGroup group = udevd ? UeventGroup.Udev : UeventGroup.Kernel;
        lock (_lock)
        {
            if (group == _group)
            {
                return;
            }

            _registration?.Dispose();
            UeventListener listener = new(group);
            if (_wanted is not null && udevd)
            {
                listener.Only([.. _wanted.Select(MurmurHash.Of)]);
            }

            UdevMonitor monitor = new(listener, new DeviceReader("/sys", "/run/udev/data"), _wanted, _engine.Post, _warn);
            _registration = _engine.Loop.Add(monitor);
            _group = group;
            monitor.List();
        }
    }
}
