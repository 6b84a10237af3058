namespace ContainerManager.Host.Plugins;

/// <summary>
/// The copies of one plugin's code, one after the other: loads one and ends it again, each within a limit. One that hangs is abandoned. Called
/// by one task at a time.
/// </summary>
/// <param name="name">The plugin's.</param>
/// <param name="services">What all plugins need.</param>
/// <param name="onTrouble">Told what went wrong at an end that was reached all the same.</param>
internal sealed class PluginCopies(string name, PluginServices services, Action<string, Exception> onTrouble)
{
    internal static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LoadWithin = TimeSpan.FromSeconds(10);

    private LoadedPlugin? _loaded;
    private WeakReference? _context;

    /// <summary>One is loaded now.</summary>
    internal bool IsLoaded => _loaded is not null;

    /// <summary>How many there have been: the number of the one that is loaded, counted from 1.</summary>
    internal int Count { get; private set; }

    /// <summary>One hung and is in memory for good.</summary>
    internal bool AbandonedOne { get; private set; }

    /// <summary>Loads another one, where none is.</summary>
    /// <exception cref="PluginException">It is none, or hangs. What else the plugin throws comes as it is.</exception>
    internal async Task<LoadedPlugin> LoadAsync(string file)
    {
        Task<LoadedPlugin> loading = Task.Run(() => LoadedPlugin.Load(file, services.HostFor(name), services.Time, Entered));
        try
        {
            _loaded = await loading.WaitAsync(LoadWithin, services.Time);
        }
        catch (TimeoutException)
        {
            AbandonedOne = true;
            _ = loading.ContinueWith(late => late.Result.CloseAsync(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw new PluginException(PluginState.Failed, $"its constructors were not done within {LoadWithin.TotalSeconds:0} s; it is abandoned");
        }

        Count++;
        return _loaded;
    }

    /// <summary>Ends what is loaded; all use of it as well.</summary>
    internal async Task EndAsync()
    {
        AbandonedOne |= !await EndLoadedAsync();
        await CollectAsync();
    }

    /// <summary>Helps what was ended, or could not be loaded, out of memory.</summary>
    internal Task CollectAsync() => _context is { } context && !AbandonedOne ? LoadContexts.CollectAsync(context) : Task.CompletedTask;

    private void Entered(WeakReference context)
    {
        _context = context;
        services.Contexts.Add(context);
    }

    /// <returns>False: it hangs and was abandoned.</returns>
    private async Task<bool> EndLoadedAsync()
    {
        LoadedPlugin ending = _loaded!;
        _loaded = null;
        try
        {
            await LetGoAsync();
            // Disposal of its objects runs before the first await, and may hang.
            await Task.Run(ending.CloseAsync).WaitAsync(EndWithin, services.Time);
            return true;
        }
        catch (TimeoutException)
        {
            await AbandonAsync(ending);
            return false;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            onTrouble("its disposal failed", failure);
            return true;
        }
    }

    /// <summary>What waits on its behalf is told of the end, and that is its code again, which may hang once more.</summary>
    private async Task AbandonAsync(LoadedPlugin ending)
    {
        try
        {
            await Task.Run(ending.Abandon).WaitAsync(EndWithin, services.Time);
        }
        catch (TimeoutException)
        {
            // Abandoned it is all the same: there is nothing more to do to it.
        }
    }

    private async Task LetGoAsync()
    {
        try
        {
            await services.Plugins.LetGoAsync(name);
        }
        catch (Exception failure) when (failure is not (OutOfMemoryException or TimeoutException))
        {
            onTrouble("it did not let go", failure);
        }
    }
}
