namespace ContainerManager.Tests.Integration.TestBed;

/// <summary>A file to which another program writes, also while we read it.</summary>
/// <param name="path">It need not be there yet; its directory must.</param>
internal sealed class GrowingFile(string path)
{
    /// <summary>What is in it by now.</summary>
    internal string Text
    {
        get
        {
            if (!File.Exists(path))
            {
                return "";
            }

            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new StreamReader(file).ReadToEnd();
        }
    }

    /// <summary>Completes as soon as its text is as <paramref name="condition"/> wants it.</summary>
    /// <exception cref="TimeoutException">It is not within the time.</exception>
    internal async Task UntilAsync(Func<string, bool> condition, TimeSpan within)
    {
        using FileSystemWatcher watcher = new(Path.GetDirectoryName(path)!, Path.GetFileName(path));
        using SemaphoreSlim changed = new(0);
        watcher.Changed += (_, _) => changed.Release();
        watcher.Created += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = true;
        using CancellationTokenSource limit = new(within);
        while (!condition(Text))
        {
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"not within {within.TotalSeconds:0} s; {path} says:\n{Text}");
            }

            while (changed.Wait(0))
            {
            }
        }
    }
}
