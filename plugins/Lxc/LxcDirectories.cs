using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using static Tmds.Linux.LibC;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// What comes and goes in a few directories, also where a directory itself does not exist yet: then the nearest one above it is watched
/// for the next one on the way. One inotify instance for all, read by the core's loop.
/// </summary>
internal sealed class LxcDirectories : IEventSource
{
    private const InotifyMask Names = InotifyMask.IN_CREATE | InotifyMask.IN_DELETE | InotifyMask.IN_MOVED_FROM | InotifyMask.IN_MOVED_TO;
    private const InotifyMask Itself = InotifyMask.IN_DELETE_SELF | InotifyMask.IN_MOVE_SELF | InotifyMask.IN_ATTRIB;

    private readonly Inotify _inotify = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Watch> _watches = new(StringComparer.Ordinal);
    private readonly List<InotifyRecord> _records = [];
    private Action<DirectoryChange> _changed = _ => { };

    /// <inheritdoc/>
    public string Name => "lxc directories";

    /// <inheritdoc/>
    public SafeHandle Handle => _inotify.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <summary>Watches these directories and no others from now on.</summary>
    /// <param name="directories">Absolute paths, existing or not.</param>
    /// <param name="changed">Called with each change, one at a time, on a thread of the core's loop: must return at once.</param>
    /// <exception cref="IOException">The kernel has no room for more watches.</exception>
    internal void Follow(IEnumerable<string> directories, Action<DirectoryChange> changed)
    {
        lock (_lock)
        {
            _changed = changed;
            foreach (string directory in _watches.Keys.Except(directories).ToArray())
            {
                Release(_watches[directory].Descriptor, except: directory);
                _watches.Remove(directory);
            }

            foreach (string directory in directories)
            {
                Place(directory);
            }
        }
    }

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        lock (_lock)
        {
            bool more;
            do
            {
                more = _inotify.Read(_records);
                _records.ForEach(Handled);
            }
            while (more);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    private void Handled(InotifyRecord record)
    {
        foreach ((string directory, Watch watch) in _watches.ToArray())
        {
            if (record.Mask.HasFlag(InotifyMask.IN_Q_OVERFLOW) || (watch.Descriptor == record.Watch && record.Name.Length == 0))
            {
                // The directory is gone, or another's, or we do not know.
                Place(directory);
                _changed(new DirectoryChange(directory, null, IsDirectory: true));
            }
            else if (watch.Descriptor == record.Watch && watch.Awaited is null && (record.Mask & Names) != 0)
            {
                _changed(new DirectoryChange(directory, record.Name, record.Mask.HasFlag(InotifyMask.IN_ISDIR)));
            }
            else if (watch.Descriptor == record.Watch && watch.Awaited == record.Name)
            {
                Place(directory);
                _changed(new DirectoryChange(directory, null, IsDirectory: true));
            }
        }
    }

    /// <summary>Watches the directory, or the nearest above it that exists.</summary>
    private void Place(string directory)
    {
        int before = _watches.TryGetValue(directory, out Watch old) ? old.Descriptor : -1;
        Watch now;
        do
        {
            now = PlaceOnce(directory);
        }
        while (now is { Awaited: { } awaited, Closed: false } && Directory.Exists(Path.Combine(now.Place, awaited)));
        _watches[directory] = now;
        if (before != now.Descriptor)
        {
            Release(before, except: directory);
        }
    }

    private Watch PlaceOnce(string directory)
    {
        string? awaited = null;
        bool closed = false;
        for (string place = directory; ; place = Path.GetDirectoryName(place)!)
        {
            try
            {
                return new Watch(_inotify.AddWatch(place, Names | Itself | InotifyMask.IN_ONLYDIR), place, awaited, closed);
            }
            catch (KernelException missing) when (place != "/" && (missing.Errno == ENOENT || missing.Errno == ENOTDIR || missing.Errno == EACCES))
            {
                awaited = Path.GetFileName(place);
                closed = missing.Errno == EACCES;
            }
        }
    }

    private void Release(int descriptor, string except)
    {
        if (descriptor >= 0 && !_watches.Any(watch => watch.Key != except && watch.Value.Descriptor == descriptor))
        {
            _inotify.RemoveWatch(descriptor);
        }
    }

    /// <param name="Descriptor">inotify's.</param>
    /// <param name="Place">The directory watched.</param>
    /// <param name="Awaited">The name that is waited for there; null: it is the directory wanted.</param>
    /// <param name="Closed">That name is there, and not for us to look into (a user's FUSE).</param>
    private readonly record struct Watch(int Descriptor, string Place, string? Awaited, bool Closed);
}

/// <summary>Something came or went.</summary>
/// <param name="Directory">In which of the directories followed.</param>
/// <param name="Name">Its name; null: anything may have changed, also that the directory itself has come, gone or changed hands.</param>
/// <param name="IsDirectory">It is, or was, a directory.</param>
internal readonly record struct DirectoryChange(string Directory, string? Name, bool IsDirectory);
