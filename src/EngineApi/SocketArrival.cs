namespace ContainerManager.EngineApi;

/// <summary>Notices when a path comes into being, even where its directory does not exist yet.</summary>
public sealed class SocketArrival : IDisposable
{
    private readonly string _path;
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private FileSystemWatcher? _watcher;

    /// <summary>Begins to watch.</summary>
    /// <param name="path">Absolute.</param>
    public SocketArrival(string path)
    {
        _path = path;
        Watch();
    }

    /// <summary>True when something was made on the way to the path, or at it, since the last call; false after the time given.</summary>
    public async Task<bool> WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(atMost, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _arrived.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            // A directory made on the way brings the watch one step nearer; one removed sends it back.
            Watch();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The semaphore holds nothing to dispose, and the watcher may still be calling.</remarks>
    public void Dispose() => _watcher?.Dispose();

    /// <summary>Watches the nearest directory that exists for the next component of the path.</summary>
    private void Watch()
    {
        string next = _path;
        string directory = Path.GetDirectoryName(next)!;
        while (!Directory.Exists(directory))
        {
            next = directory;
            directory = Path.GetDirectoryName(next)!;
        }

        // Anew each time: the same path may be another directory now, and a watch on the first is dead. The old one goes last, for no gap.
        FileSystemWatcher? before = _watcher;
        _watcher = TryWatch(RealPath(directory), Path.GetFileName(next));
        before?.Dispose();
        if (next != _path && Path.Exists(next))
        {
            Arrived();
        }
    }

    private static string RealPath(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return directory;
        }
    }

    /// <summary>Null where it cannot be watched (no inotify instance left, directory just removed): the time limit has to do.</summary>
    private FileSystemWatcher? TryWatch(string directory, string name)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(directory, name) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watcher.Created += (_, _) => Arrived();
            watcher.Renamed += (_, _) => Arrived();
            watcher.Error += (_, _) => Arrived();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            watcher?.Dispose();
            return null;
        }
    }

    private void Arrived()
    {
        lock (_arrived)
        {
            if (_arrived.CurrentCount == 0)
            {
                _arrived.Release();
            }
        }
    }
}
