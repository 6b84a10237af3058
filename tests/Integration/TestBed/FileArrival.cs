namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>Waits for files that other programs make.</summary>
internal static class FileArrival
{
    /// <summary>Completes when the path exists. Its directory must.</summary>
    /// <exception cref="OperationCanceledException">It did not come about in time.</exception>
    internal static async Task WaitAsync(string path, CancellationToken cancellationToken)
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using FileSystemWatcher watcher = new(Path.GetDirectoryName(path)!, Path.GetFileName(path));
        watcher.Created += (_, _) => arrived.TrySetResult();
        watcher.Renamed += (_, _) => arrived.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (!Path.Exists(path))
        {
            await arrived.Task.WaitAsync(cancellationToken);
        }
    }
}
