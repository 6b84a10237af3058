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
    private readonly SafeFileHandle _mountInfo = File.OpenHandle("/proc/self/mountinfo");
    private readonly WatchTable _table;
    private HashSet<Place> _known;

    internal MountSource(WatchTable table)
    {
        _table = table;
        _known = Read();
    }

    /// <inheritdoc/>
    public string Name => "mountinfo";

    /// <inheritdoc/>
    public SafeHandle Handle => _mountInfo;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Exceptional;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        HashSet<Place> now = Read();
        HashSet<Place> changed = [.. now];
        changed.SymmetricExceptWith(_known);
        _known = now;
        if (changed.Count == 0)
        {
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
    public void Dispose() => _mountInfo.Dispose();

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
