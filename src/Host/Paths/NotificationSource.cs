using System.Runtime.InteropServices;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Paths;

/// <summary>Reads inotify and tells those whom it concerns. Looks at no file.</summary>
internal sealed class NotificationSource(Inotify inotify, WatchTable table, Action overflowed) : IEventSource
{
    private readonly List<InotifyRecord> _records = [];
    private readonly List<Hit> _hits = [];

    /// <inheritdoc/>
    public string Name => "inotify";

    /// <inheritdoc/>
    public SafeHandle Handle => inotify.Handle;

    /// <inheritdoc/>
    public EventReadiness Readiness => EventReadiness.Readable;

    /// <inheritdoc/>
    public void Drain(IEventSink sink)
    {
        try
        {
            bool more;
            do
            {
                more = inotify.Read(_records);
                Deliver();
            }
            while (more);
        }
        catch (ObjectDisposedException)
        {
            // Closed while we read: nobody is interested any more.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        table.Close();
        inotify.Dispose();
    }

    private void Deliver()
    {
        table.Match(_records, _hits);
        foreach (Hit hit in _hits)
        {
            hit.Deliver();
        }

        _hits.Clear();
        if (_records.Exists(IsOverflow))
        {
            overflowed();
        }
    }

    private static bool IsOverflow(InotifyRecord record) => (record.Mask & InotifyMask.IN_Q_OVERFLOW) != 0;
}
