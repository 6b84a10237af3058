namespace ContainerManager.Host.Plugins;

/// <summary>Counts the load contexts of plugins that are still in memory, without keeping any of them there.</summary>
internal sealed class LoadContexts
{
    private const int MostCollections = 10;

    private readonly Lock _lock = new();
    private readonly List<WeakReference> _contexts = [];

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                _contexts.RemoveAll(context => !context.IsAlive);
                return _contexts.Count;
            }
        }
    }

    internal void Add(WeakReference context)
    {
        lock (_lock)
        {
            _contexts.Add(context);
        }
    }

    /// <summary>
    /// Helps to get rid of a context that was unloaded; reloads are rare, and an idle server might not collect for hours. A context goes
    /// step by step: its objects, then what their finalizers let go of.
    /// </summary>
    internal static async Task CollectAsync(WeakReference unloaded)
    {
        for (int i = 0; unloaded.IsAlive && i < MostCollections; i++)
        {
            // On a fresh stack: the one we came on may still hold objects of the plugin.
            await Task.Yield();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // What the plugin's files and code took is given back to the host at once, not when the collector next thinks of it.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
