using ContainerManager.Host.Configuration;
using ContainerManager.Host.Events;
using ContainerManager.Host.Paths;
using ContainerManager.Host.State;
using ContainerManager.Host.Udev;
using ContainerManager.Linux;
using Microsoft.Extensions.Logging;

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
    private readonly Action _overrun;
    private readonly ILogger _logger;
    private readonly RetriedAction _follow;
    private HashSet<string>? _wanted = [];
    private UeventGroup? _wantedGroup;
    private bool _watching;
    private FileIdentity? _udevd;
    private IDisposable? _registration;

    /// <param name="engine">Told of the devices.</param>
    /// <param name="overrun">As of <see cref="UdevMonitor"/>.</param>
    /// <param name="logger">Told through whom devices are followed, and of messages that are not believed.</param>
    internal UdevEvents(Engine engine, Action overrun, ILogger logger)
    {
        (_engine, _overrun, _logger) = (engine, overrun, logger);
        _follow = new RetriedAction(_lock, "the devices of the host cannot be followed", FollowAnew, Warn, TimeProvider.System);
    }

    /// <summary>Follows what these filters ask for, from now on, or as soon as that is possible; where there is none, nothing.</summary>
    internal void Configure(IEnumerable<UdevFilter> filters)
    {
        DeviceCondition[] conditions = [.. filters.Select(filter => filter.Condition)];
        HashSet<string>? wanted = SubsystemsOf(conditions);
        lock (_lock)
        {
            bool same = wanted is null ? _wanted is null : _wanted?.SetEquals(wanted) == true;
            if (conditions.Length == 0)
            {
                (_wanted, _wantedGroup) = (wanted, null);
                _follow.Forget();
                Stop();
                _engine.Post(new HostEvent.DevicesListed([]));
            }
            else if (!same || _wantedGroup is null)
            {
                (_wanted, _wantedGroup) = (wanted, UdevMonitor.UdevdRuns ? UeventGroup.Udev : UeventGroup.Kernel);
                _follow.Do();
            }
        }

        Watch(conditions.Length > 0);
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => Follow(identity);

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => Follow(null);

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
        Watch(false);
        lock (_lock)
        {
            _follow.Dispose();
            Stop();
        }
    }

    /// <summary>Whether udevd runs is looked at for as long as that matters.</summary>
    private void Watch(bool wanted)
    {
        if (wanted == _watching)
        {
            return;
        }

        _watching = wanted;
        if (wanted)
        {
            _engine.Paths.Watch(Control, this);
        }
        else
        {
            _engine.Paths.Unwatch(Control, this);
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

    /// <param name="control">Where a udevd listens; null: none does. Another one has not told of what happened between the two.
    /// (One that systemd starts again keeps its socket, and what was not read of the kernel's events.)</param>
    private void Follow(FileIdentity? control)
    {
        UeventGroup group = control is null ? UeventGroup.Kernel : UeventGroup.Udev;
        lock (_lock)
        {
            bool another = group != _wantedGroup || (_udevd is not null && control is not null && control != _udevd);
            if (_wantedGroup is not null && another)
            {
                _wantedGroup = group;
                _follow.Do();
            }

            _udevd = control;
        }
    }

    /// <summary>As is wanted now. Where it is not possible, what was before stays until it is.</summary>
    private void FollowAnew()
    {
        UeventGroup group = _wantedGroup!.Value;
        UdevMonitor monitor = Listen(group);
        Stop();
        try
        {
            _registration = _engine.Loop.Add(monitor, failed: _ => FollowAgain());
        }
        catch
        {
            monitor.Dispose();
            throw;
        }

        Log.DevicesFollowed(_logger, group == UeventGroup.Udev ? "udevd" : "the kernel, since no udevd runs");
        monitor.List();
    }

    /// <summary>The loop closes what has failed, and tells of it.</summary>
    private void FollowAgain()
    {
        lock (_lock)
        {
            if (_wantedGroup is not null)
            {
                _follow.Do();
            }
        }
    }

    private UdevMonitor Listen(UeventGroup group)
    {
        UeventListener listener = new(group);
        try
        {
            if (_wanted is not null && group == UeventGroup.Udev)
            {
                listener.Only([.. _wanted.Select(MurmurHash.Of)]);
            }
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        return new UdevMonitor(listener, new DeviceReader("/sys", "/run/udev/data"), _wanted, _engine.Post, _overrun, Warn, TimeProvider.System);
    }

    private void Stop()
    {
        _registration?.Dispose();
        _registration = null;
    }

    private void Warn(string warning) => Log.Warning(_logger, warning);
}
