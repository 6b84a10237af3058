using System.Threading.Channels;
using ContainerManager.Host.Plugins.Folders;

namespace ContainerManager.Host.Plugins;

/// <summary>
/// The life of one plugin, from the first sight of its folder to the last: looks at the folder when told so, and loads, reloads or unloads.
/// One thing after the other, and independent of all other plugins. The one guarded boundary around the plugin's code.
/// </summary>
internal sealed class Plugin
{
    private readonly Channel<Request> _requests = Channel.CreateUnbounded<Request>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PluginServices _services;
    private readonly Action<Plugin> _gone;
    private readonly Action _namesFreed;
    private readonly PluginCopies _copies;
    private readonly Task _life;
    private string? _tried;
    private string? _fault;
    private volatile PluginReport _report;

    /// <param name="name">The folder's.</param>
    /// <param name="services">What all plugins need.</param>
    /// <param name="gone">Told when the folder is gone and nothing is left to do.</param>
    /// <param name="namesFreed">Told when another plugin may have a name that was this one's.</param>
    internal Plugin(string name, PluginServices services, Action<Plugin> gone, Action namesFreed)
    {
        Name = name;
        _services = services;
        _gone = gone;
        _namesFreed = namesFreed;
        _report = new PluginReport(name, PluginState.Loading, null, [], null);
        _copies = new PluginCopies(name, services, EndedBadly);
        _life = Task.Run(LiveAsync);
    }

    internal string Name { get; }

    internal PluginReport Report => _report;

    /// <summary>What is wrong with what is loaded, for as long as it is loaded, whatever is in the folder.</summary>
    private string? Trouble => _fault ?? (_copies.AbandonedOne
        ? "an earlier copy of it did not end and was abandoned; its code stays in memory until the server is restarted"
        : null);

    /// <summary>The folder may have changed. Returns at once.</summary>
    /// <param name="always">Load it again even when it has not.</param>
    /// <returns>Completes when that was dealt with.</returns>
    internal Task Look(bool always = false) => Ask(always, fault: null, copy: 0);

    private Task Ask(bool always, string? fault, int copy)
    {
        Request request = new(always, fault, copy, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _requests.Writer.TryWrite(request) ? request.Done.Task : Task.CompletedTask;
    }

    /// <summary>The server ends: so does the plugin. Its containers go on.</summary>
    internal Task EndAsync()
    {
        _requests.Writer.TryComplete();
        return _life;
    }

    private async Task LiveAsync()
    {
        await foreach (Request request in _requests.Reader.ReadAllAsync())
        {
            if (request.Fault is null)
            {
                IReadOnlyList<string> before = _services.Plugins.NamesOf(Name);
                await LookGuardedAsync(request.Always);
                // Now, not when they were let go of: a plugin that is loaded again keeps its names.
                if (before.Except(_services.Plugins.NamesOf(Name)).Any())
                {
                    _namesFreed();
                }
            }
            else if (_copies.IsLoaded && request.Copy == _copies.Count)
            {
                Show(PluginState.Loaded, _fault = request.Fault, null);
            }

            request.Done.TrySetResult();
        }

        await UnloadAsync();
    }

    /// <summary>No exception of the plugin outlives the catch: it would keep the plugin's code in memory.</summary>
    private async Task LookGuardedAsync(bool always)
    {
        PluginException? refusal;
        try
        {
            await LookAsync(always);
            return;
        }
        catch (PluginException known)
        {
            refusal = known;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            refusal = new PluginException(PluginState.Failed, $"its code failed: {failure.GetType().Name}: {failure.Message}", failure.ToString());
        }

        _tried = refusal.OthersCanChangeIt ? null : _tried;
        await UnloadAsync();
        await _copies.CollectAsync();
        Show(refusal.State, refusal.Message, refusal.Detail);
    }

    private async Task LookAsync(bool always)
    {
        PluginFolder? folder;
        try
        {
            folder = PluginFolder.Look(_services.Directory, Name, _services.User);
        }
        catch (PluginException refusal) when (_copies.IsLoaded && !refusal.OthersCanChangeIt)
        {
            // What runs was good when it was loaded, and goes on until something better is there. (But it reads what it needs from its folder.)
            Show(PluginState.Loaded, $"its folder has changed, and what was loaded before goes on: {refusal.Message}", null);
            return;
        }

        if (folder?.Assembly is null)
        {
            await GoneAsync(folder is not null);
        }
        else if (always || folder.Fingerprint != _tried)
        {
            _tried = folder.Fingerprint;
            _report = _report with { Version = folder.Image!.Version };
            await UnloadAsync();
            await LoadAsync(folder.Assembly);
        }
        else if (_copies.IsLoaded && _report.Error is not null)
        {
            Show(PluginState.Loaded, Trouble, null);
        }
    }

    private async Task GoneAsync(bool folderIsThere)
    {
        _tried = null;
        await UnloadAsync();
        _services.Plugins.Forget(Name);
        _report = _report with { Version = null, Offers = [] };
        if (folderIsThere)
        {
            Show(PluginState.Incomplete, $"waiting for {Name}.dll: a plugin's folder holds a DLL of its own name", null);
        }
        else if (_copies.AbandonedOne)
        {
            Show(PluginState.Abandoned, $"it did not end within {PluginCopies.EndWithin.TotalSeconds:0} s; its code stays in memory until the server is restarted", null);
        }
        else
        {
            _gone(this);
            Show(PluginState.Unloaded, null, null);
        }
    }

    private async Task LoadAsync(string file)
    {
        Show(PluginState.Loading, null, null);
        LoadedPlugin loaded = await _copies.LoadAsync(file);
        int copy = _copies.Count;
        _fault = null;
        _report = _report with { Offers = _services.Plugins.Use(Name, loaded, fault => Ask(always: false, fault, copy)) };
        Show(PluginState.Loaded, Trouble, null);
    }

    /// <summary>Ends what is loaded, if anything is.</summary>
    private async Task UnloadAsync()
    {
        if (_copies.IsLoaded)
        {
            Show(PluginState.Unloading, null, null);
            _report = _report with { Offers = [] };
            await _copies.EndAsync();
        }
    }

    private void EndedBadly(string what, Exception failure) =>
        _services.Plugins.Changed(_report with { Error = $"{what}: {failure.Message}" }, failure.ToString());

    private void Show(PluginState state, string? error, string? detail)
    {
        PluginReport before = _report;
        _report = before with { State = state, Error = error };
        if (_report != before)
        {
            _services.Plugins.Changed(_report, detail);
        }
    }

    /// <param name="Always">As in <see cref="Look"/>.</param>
    /// <param name="Fault">An object of the plugin has failed; nothing is to be looked at.</param>
    /// <param name="Copy">Which copy's object, counted from 1.</param>
    /// <param name="Done">Completed when it was dealt with.</param>
    private sealed record Request(bool Always, string? Fault, int Copy, TaskCompletionSource Done);
}
