using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>
/// Which watch of the one inotify instance is whose. The lock is short: adding a watch, which looks at the file system and may hang, is
/// done outside of it.
/// </summary>
/// <remarks>
/// The kernel gives the same descriptor for the same directory, so a watch that one walk is adding may be taken away by another, or end
/// by itself, before the first has entered it here. Descriptors are never reused: those that ended while somebody was adding are
/// remembered, and who got one of them adds again.
/// </remarks>
internal sealed class WatchTable(Inotify inotify)
{
    private const InotifyMask Wanted = InotifyMask.IN_CREATE | InotifyMask.IN_DELETE | InotifyMask.IN_MOVED_FROM | InotifyMask.IN_MOVED_TO |
        InotifyMask.IN_ONLYDIR | InotifyMask.IN_DONT_FOLLOW | InotifyMask.IN_MASK_ADD;

    private const InPlaceChanges InPlace = InPlaceChanges.Attributes | InPlaceChanges.Content;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, InterestSet> _watches = [];
    private readonly HashSet<int> _ended = [];
    private int _adding;
    private bool _closed;

    /// <summary>Watches the interest's directory. May hang as long as the file system does.</summary>
    /// <exception cref="KernelException">As <see cref="Inotify.AddWatch"/>.</exception>
    /// <exception cref="ObjectDisposedException">The instance is closed.</exception>
    internal void Add(Interest interest)
    {
        lock (_lock)
        {
            _adding++;
        }

        try
        {
            // Added to what others watch the directory for; what only one wanted stays until the watch goes.
            InotifyMask mask = Wanted | (InotifyMask)interest.InPlace;
            while (!TryEnter(interest, inotify.AddWatch(interest.Directory, mask)))
            {
            }
        }
        finally
        {
            lock (_lock)
            {
                if (--_adding == 0)
                {
                    _ended.Clear();
                }
            }
        }
    }

    /// <summary>Gives up an interest; the watch goes with the last one.</summary>
    internal void Remove(Interest interest)
    {
        lock (_lock)
        {
            if (_closed || !_watches.TryGetValue(interest.Watch, out InterestSet? set))
            {
                return;
            }

            set.Remove(interest);
            if (set.IsEmpty)
            {
                _watches.Remove(interest.Watch);
                Ended(interest.Watch);
                inotify.RemoveWatch(interest.Watch);
            }
        }
    }

    /// <summary>The instance is about to be closed, and all watches with it.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _watches.Clear();
        }
    }

    /// <summary>Finds who is meant by what inotify read. Records of watches that are nobody's any more mean nobody.</summary>
    internal void Match(List<InotifyRecord> records, List<Hit> hits)
    {
        lock (_lock)
        {
            foreach (InotifyRecord record in records)
            {
                if (record.Mask.HasFlag(InotifyMask.IN_IGNORED))
                {
                    End(record.Watch, hits);
                }
                else if (record.Name.Length > 0 && _watches.TryGetValue(record.Watch, out InterestSet? set))
                {
                    set.Match(record.Name, (InPlaceChanges)record.Mask & InPlace, hits);
                }
            }
        }
    }

    /// <summary>
    /// Finds who is meant by changed mount points. Whoever's path leads through a mount point watches the directory above it for its
    /// name, so a mount is told as if the name itself had changed.
    /// </summary>
    /// <param name="namesByDirectory">The mount points' last components, by the path of the directory above.</param>
    /// <param name="hits">Added to.</param>
    internal void Match(Dictionary<string, List<string>> namesByDirectory, List<Hit> hits)
    {
        lock (_lock)
        {
            foreach (InterestSet set in _watches.Values)
            {
                set.Match(namesByDirectory, hits);
            }
        }
    }

    private bool TryEnter(Interest interest, int watch)
    {
        lock (_lock)
        {
            if (_ended.Contains(watch))
            {
                return false;
            }

            if (!_watches.TryGetValue(watch, out InterestSet? set))
            {
                _watches.Add(watch, set = new InterestSet());
            }

            interest.Watch = watch;
            set.Add(interest);
            return true;
        }
    }

    private void End(int watch, List<Hit> hits)
    {
        Ended(watch);
        if (_watches.Remove(watch, out InterestSet? set))
        {
            set.All(hits);
        }
    }

    private void Ended(int watch)
    {
        if (_adding > 0)
        {
            _ended.Add(watch);
        }
    }
}
