using ContainerManager.Abstractions;
using ContainerManager.Host.State;
using ContainerManager.Linux;

namespace ContainerManager.Host.Devices;

/// <summary>The devices that one container is granted, and for what. For one thread at a time.</summary>
internal sealed class ContainerPermission : IDisposable
{
    private static readonly PartOutcome Granted = new("granted"), Needless = new("needless");

    private readonly Dictionary<DeviceNumber, HashSet<string>> _holders = [];
    private readonly Lazy<IDeviceCgroup?> _cgroup;
    private readonly GrantRecord _record;
    private readonly Func<string, IDisposable> _watch;
    private IDisposable? _watching;
    private bool _isSet = true;
    private IReadOnlySet<DeviceNumber> _needed = new HashSet<DeviceNumber>();

    /// <summary>Nothing is granted yet, and nothing looked at: most containers never get a device.</summary>
    /// <param name="container">Whose cgroup.</param>
    /// <param name="record">What an earlier server has granted.</param>
    /// <param name="watch">Has <see cref="Renew"/> called when somebody writes to the lists in a cgroup's directory, until the result is disposed.</param>
    internal ContainerPermission(ContainerEntry container, GrantRecord record, Func<string, IDisposable> watch)
    {
        (_record, _watch) = (record, watch);

        // One that fails is not remembered: it is looked for again.
        _cgroup = new Lazy<IDeviceCgroup?>(
            () => CgroupDirectories.Of(container) switch
            {
                { Version2: true, Levels: var levels } => new DevicePrograms(levels, record),
                { Levels: var levels } => new DeviceLists(levels, record),
                null => null,
            },
            LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Something is granted that can be undone by others, or is not as it should be.</summary>
    internal bool IsNeeded => _needed.Count > 0 || !_isSet;

    /// <summary>Lets the container use a device, for something that holds it until <see cref="Revoke"/>.</summary>
    internal PartOutcome Grant(DeviceNumber device, string holder)
    {
        HashSet<string> holders = HoldersOf(device);
        bool isNew = holders.Count == 0;
        holders.Add(holder);
        return (isNew ? Set() : null) is { } reason ? PartOutcome.Failed(reason) : _needed.Contains(device) ? Granted : Needless;
    }

    /// <summary>What an earlier server has given stays granted for its holder. <see cref="Settle"/> is to follow: one by one, each would take away the rest meanwhile.</summary>
    internal void Resume(DeviceNumber device, string holder) => HoldersOf(device).Add(holder);

    /// <summary>It is not needed for that any more.</summary>
    internal PartOutcome Revoke(DeviceNumber device, string holder)
    {
        if (_holders.TryGetValue(device, out HashSet<string>? holders) && holders.Remove(holder) && holders.Count == 0)
        {
            _holders.Remove(device);
            return Set() is { } reason ? PartOutcome.Failed(reason) : new PartOutcome("revoked");
        }

        return new PartOutcome("kept");
    }

    /// <summary>Sets everything once, so that what an earlier server has granted for nothing goes.</summary>
    internal void Settle()
    {
        if (_holders.Count > 0 || _record.Exists)
        {
            Set();
        }
    }

    /// <summary>Grants again what somebody has undone, and takes back what could not be taken back. True: something was.</summary>
    internal bool Renew()
    {
        try
        {
            return IsNeeded && (!_isSet || _cgroup.Value?.IsUntouched() == false) && Set() is null;
        }
        catch (IOException)
        {
            // The cgroup goes with its container.
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watching?.Dispose();
        if (_cgroup.IsValueCreated)
        {
            _cgroup.Value?.Dispose();
        }
    }

    private HashSet<string> HoldersOf(DeviceNumber device)
    {
        if (!_holders.TryGetValue(device, out HashSet<string>? holders))
        {
            _holders.Add(device, holders = new HashSet<string>(StringComparer.Ordinal));
        }

        return holders;
    }

    /// <returns>Why not.</returns>
    private string? Set()
    {
        _isSet = false;
        try
        {
            if (_cgroup.Value is not { } cgroup)
            {
                _isSet = true;
                return null;
            }

            _needed = cgroup.Set(_holders.Keys);
            _isSet = true;
            _watching ??= IsNeeded && cgroup.Watched is { } lists ? _watch(lists) : null;
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"the device cgroup: {failure.Message}";
        }
    }
}
