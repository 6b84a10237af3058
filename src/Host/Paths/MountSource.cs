using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Tells of file systems that come over a path or leave it, of which inotify says nothing. An open mountinfo has an exceptional condition
/// whenever the table has changed since it was last polled (proc_pid_mountinfo(5)).
/// </summary>
internal sealed class MountSource : IEventSource
{
    private static readonly TimeSpan CalmAfter = TimeSpan.FromSeconds(1);
    private readonly SafeFileHandle _mountInfo = File.OpenHandle("/proc/self/mountinfo");
    private readonly WatchTable _table;
    private readonly Action _scanAll;
    private readonly ITimer _afterwards;
    private HashSet<Place> _known;
    private int _isDue;

    internal MountSource(WatchTable table, Action scanAll, TimeProvider time)
    {
        _table = table;
        _scanAll = scanAll;
        _afterwards = time.CreateTimer(_ => ScanAfterwards(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _known = Read();
    }

    /// <inheritdoc/>
    public string Name => "mountinfo";

    /// <inheritdoc/>
    public SafeHandle Handle => _mountInfo;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Exceptional;

    /// <summary>Tells those whose paths lead through changed mount points; and everybody, once, when things have calmed down.</summary>
    /// <remarks>
    /// Two tables do not say all that happened between them. The kernel gives a new mount the ids of the last one that went: what was
    /// unmounted and mounted again at once looks as if nothing had happened; and who looked at a path meanwhile has seen neither.
    /// </remarks>
    public void Drain(IEventSink sink)
    {
        if (Interlocked.Exchange(ref _isDue, 1) == 0)
        {
            _afterwards.Change(CalmAfter, Timeout.InfiniteTimeSpan);
        }

        if (TryRead() is not { } now)
        {
            return;
        }

        HashSet<Place> changed = [.. now];
        changed.SymmetricExceptWith(_known);
        _known = now;
        if (changed.Count == 0)
        {
            _scanAll();
            return;
        }

        List<Hit> hits = [];
        _table.Match(NamesByDirectory(changed), hits);
        foreach (Hit hit in hits)
        {
            hit.Deliver();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _afterwards.Dispose();
        _mountInfo.Dispose();
    }

    private void ScanAfterwards()
    {
        Volatile.Write(ref _isDue, 0);
        _scanAll();
    }

    /// <summary>Null: there is no descriptor or no memory for it now. What has changed is seen by the scan that follows.</summary>
    private static HashSet<Place>? TryRead()
    {
        try
        {
            return Read();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static HashSet<Place> Read() => [.. MountTable.OfSelf().Mounts.Select(Place.Of)];

    private static Dictionary<string, List<string>> NamesByDirectory(HashSet<Place> places)
    {
        Dictionary<string, List<string>> names = [];
        foreach (Place place in places)
        {
            int slash = place.MountPoint.LastIndexOf('/');
            string directory = slash <= 0 ? "/" : place.MountPoint[..slash];
            if (!names.TryGetValue(directory, out List<string>? inside))
            {
                names.Add(directory, inside = []);
            }

            inside.Add(place.MountPoint[(slash + 1)..]);
        }

        return names;
    }

    /// <summary>What tells a mount from another one: ids alone are soon used again.</summary>
    private readonly record struct Place(int Id, int ParentId, string Device, string Root, string MountPoint, string FileSystemType)
    {
        internal static Place Of(MountTableEntry mount) =>
            new(mount.Id, mount.ParentId, mount.Device, mount.Root, mount.MountPoint, mount.FileSystemType);
    }
}
