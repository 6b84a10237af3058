using ContainerManager.Abstractions;
using ContainerManager.Host.Mounting;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>Where the mounts of a container are. Its mount table is read when it is first needed, and once.</summary>
internal sealed class MountPlaces
{
    private readonly ContainerEntry _container;
    private readonly Lazy<Dictionary<string, int>> _points;
    private readonly Lazy<Dictionary<ulong, string>> _places;

    internal MountPlaces(ContainerEntry container)
    {
        _container = container;
        _points = new(() => OurMount.MountPoints(container).CountBy(point => point, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal), isThreadSafe: false);
        _places = new(Places, isThreadSafe: false);
    }

    /// <summary>The mount whose root is what a path of the container leads to; null: the path leads to no such thing.</summary>
    internal ulong? TopAt(string path)
    {
        try
        {
            using SafeFileHandle? there = RootedPath.Open(_container.Root, path);
            return there is not null && FileStatus.OfHandle(there) is { IsMountRoot: true } status ? status.MountId : null;
        }
        catch (KernelException)
        {
            // Nobody gets there by this path.
            return null;
        }
    }

    /// <summary>How many mounts the table has at a path: each that lies over another has the same.</summary>
    internal int CountAt(string path) => _points.Value.GetValueOrDefault(path);

    /// <summary>Where a mount can be reached, if nothing lies over it.</summary>
    internal string? PlaceOf(ulong mountId) => _places.Value.GetValueOrDefault(mountId);

    private Dictionary<ulong, string> Places()
    {
        Dictionary<ulong, string> places = [];
        foreach (string point in _points.Value.Keys)
        {
            if (TopAt(point) is { } mountId)
            {
                places.TryAdd(mountId, point);
            }
        }

        return places;
    }
}
