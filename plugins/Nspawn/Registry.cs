using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// The directory in which systemd-machined writes what runs. It need not be there: the nearest directory above it is watched then.
/// machined replaces its files whole, so that a name that was moved here is all there is to know.
/// </summary>
internal sealed class Registry(string directory) : IDisposable
{
    private const InotifyMask Gone = InotifyMask.IN_DELETE_SELF | InotifyMask.IN_MOVE_SELF | InotifyMask.IN_IGNORED | InotifyMask.IN_UNMOUNT;

    private readonly Inotify _inotify = new();
    private readonly List<InotifyRecord> _records = [];
    private int _watch = -1;
    private bool _there;

    /// <summary>Readable when there is something to <see cref="ReadChanged"/>.</summary>
    internal SafeFileHandle Handle => _inotify.Handle;

    /// <summary>Begins to watch, and reads what is there.</summary>
    internal List<Registration> ReadAll()
    {
        Watch();
        return _there ? Read(NamesThere()) : [];
    }

    /// <summary>Reads what has changed since.</summary>
    internal List<Registration> ReadChanged()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        bool all = false, more;
        do
        {
            more = _inotify.Read(_records);
            foreach (InotifyRecord record in _records.Where(record => record.Watch == _watch || record.Mask.HasFlag(InotifyMask.IN_Q_OVERFLOW)))
            {
                all |= !_there || (record.Mask & (Gone | InotifyMask.IN_Q_OVERFLOW)) != 0;
                names.Add(record.Name);
            }
        }
        while (more);
        return all ? ReadAll() : Read(names);
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    private IEnumerable<string> NamesThere()
    {
        try
        {
            return Directory.GetFiles(directory).Select(path => Path.GetFileName(path));
        }
        catch (DirectoryNotFoundException)
        {
            return []; // Gone again: the watch tells.
        }
    }

    /// <summary>Links such as <c>unit:NAME</c> and files half written have names that no machine has.</summary>
    private List<Registration> Read(IEnumerable<string> names) => [.. names.Where(MachineName.IsValid).Select(TryRead).OfType<Registration>()];

    private Registration? TryRead(string name)
    {
        try
        {
            return Registration.Parse(File.ReadAllText(Path.Combine(directory, name)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // It has ended already.
        }
    }

    /// <summary>Watches the directory or the nearest above it. What was made while we looked is looked at again.</summary>
    private void Watch()
    {
        while (true)
        {
            (string nearest, string? next) = Nearest();
            if (TryWatch(nearest) && (next is null || !Directory.Exists(next)))
            {
                _there = next is null;
                return;
            }
        }
    }

    private (string Directory, string? Next) Nearest()
    {
        string? next = null;
        string nearest = directory;
        while (!Directory.Exists(nearest) && Path.GetDirectoryName(nearest) is { } above)
        {
            (next, nearest) = (nearest, above);
        }

        return (nearest, next);
    }

    /// <summary>False: it has just gone.</summary>
    private bool TryWatch(string path)
    {
        InotifyMask made = path == directory ? InotifyMask.IN_MOVED_TO : InotifyMask.IN_MOVED_TO | InotifyMask.IN_CREATE;
        try
        {
            int watch = _inotify.AddWatch(path, made | InotifyMask.IN_DELETE_SELF | InotifyMask.IN_MOVE_SELF | InotifyMask.IN_ONLYDIR);
            if (_watch >= 0 && watch != _watch)
            {
                _inotify.RemoveWatch(_watch);
            }

            _watch = watch;
            return true;
        }
        catch (KernelException failure) when (failure.Errno == Tmds.Linux.LibC.ENOENT || failure.Errno == Tmds.Linux.LibC.ENOTDIR)
        {
            return false;
        }
    }
}
