using System.Collections.Immutable;
using ContainerManager.Host.Paths;
using ContainerManager.Host.Plugins.Folders;
using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins;

/// <summary>
/// Follows the directory of the plugins: each folder in it is one. The core's own watcher tells what changes, in a folder and on the way to it; once it
/// is quiet, the plugin looks at its folder.
/// </summary>
internal sealed class PluginDirectory : IPathSink, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly PluginServices _services;
    private readonly PathWatcher _watcher;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PathPattern _itself;
    private readonly PathPattern _folders;
    private readonly Action<string> _warn;
    private bool _ended;

    /// <param name="services">What all plugins need.</param>
    /// <param name="watcher">The core's.</param>
    /// <param name="warn">Told what cannot be watched.</param>
    internal PluginDirectory(PluginServices services, PathWatcher watcher, Action<string> warn)
    {
        _services = services;
        _watcher = watcher;
        _warn = warn;
        _itself = new PathPattern(services.Directory, EntriesOfDirectory: false, IsLiteral: true, InPlaceChanges.Attributes);
        _folders = Entry.PatternOf(services.Directory);
    }

    /// <summary>All plugins, by name.</summary>
    internal ImmutableArray<PluginReport> Reports
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Values.Select(entry => entry.Plugin.Report).OrderBy(report => report.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Load contexts in memory; as many as plugins are loaded, unless one of them does not go.</summary>
    internal int LoadContexts => _services.Contexts.Count;

    /// <summary>Completes when what was there at the start has been loaded, or has failed.</summary>
    internal Task Started => _started.Task;

    /// <summary>Loads what is there, one after the other, then watches. Completes when the first is done.</summary>
    internal async Task StartAsync()
    {
        if (Directory.Exists(_services.Directory))
        {
            foreach (string folder in Directory.GetDirectories(_services.Directory).Order(StringComparer.Ordinal))
            {
                if (EntryOf(Path.GetFileName(folder)) is { } entry)
                {
                    await entry.Plugin.Look();
                }
            }
        }
        else
        {
            _warn($"plugin directory {_services.Directory} does not exist; waiting for it. Another can be named with --plugins");
        }

        _started.TrySetResult();
        _watcher.Watch(_itself, this);
        _watcher.Watch(_folders, this);
    }

    /// <summary>Loads a plugin again, whether it has changed or not.</summary>
    /// <returns>What became of it; null: there is no such plugin.</returns>
    internal async Task<PluginReport?> ReloadAsync(string name, CancellationToken cancellationToken)
    {
        Plugin? plugin;
        lock (_lock)
        {
            plugin = _entries.GetValueOrDefault(name)?.Plugin;
        }

        if (plugin is null)
        {
            return null;
        }

        await plugin.Look(always: true).WaitAsync(cancellationToken);
        return plugin.Report;
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity)
    {
        if (pattern == _folders && identity.Kind == FileKind.Directory)
        {
            EntryOf(Path.GetFileName(path))?.Quiet.Touch();
        }
        else
        {
            Touch(pattern, path, identity.Kind == FileKind.Directory);
        }
    }

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => Touch(pattern, path, isDirectory: false);

    /// <inheritdoc/>
    public void PatternFailed(PathPattern pattern, string? reason)
    {
        if (reason is not null)
        {
            _warn($"plugins: {reason}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Entry[] entries;
        lock (_lock)
        {
            _ended = true;
            entries = [.. _entries.Values];
        }

        _watcher.Unwatch(_itself, this);
        _watcher.Unwatch(_folders, this);
        lock (_lock)
        {
            // What a lane is told meanwhile is followed no more.
            foreach (Entry entry in entries)
            {
                entry.Close(_watcher, this);
            }
        }

        await Task.WhenAll(entries.Select(entry => entry.Plugin.EndAsync()));
    }

    private void Touch(PathPattern pattern, string path, bool isDirectory)
    {
        lock (_lock)
        {
            foreach (Entry entry in _ended ? [] : _entries.Values.AsEnumerable())
            {
                if (pattern == _itself || entry.IsAbout(path))
                {
                    entry.Quiet.Touch();
                    entry.Follow(path, isDirectory && pattern != _itself, _watcher, this);
                }
            }
        }
    }

    /// <summary>The plugin of a name, new where there was none; null for names that are none.</summary>
    private Entry? EntryOf(string name)
    {
        lock (_lock)
        {
            if (_ended || name.StartsWith('.') || name.Length == 0)
            {
                return null;
            }

            if (!_entries.TryGetValue(name, out Entry? entry))
            {
                Plugin plugin = new(name, _services, Gone, LookAtRefused);
                entry = new Entry(plugin, Path.Combine(_services.Directory, name), new QuietTime(() => plugin.Look(), _services.Time));
                _entries.Add(name, entry);
                entry.Follow(entry.Folder, isDirectory: true, _watcher, this);
            }

            return entry;
        }
    }

    /// <summary>The folder was gone when it was looked for.</summary>
    private void Gone(Plugin plugin)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(plugin.Name, out Entry? entry) || _ended)
            {
                return;
            }

            if (Directory.Exists(entry.Folder))
            {
                entry.Quiet.Touch();
                return;
            }

            _entries.Remove(plugin.Name);
            entry.Close(_watcher, this);
            _ = plugin.EndAsync();
        }
    }

    /// <summary>Whoever had to do without a name may have it now.</summary>
    private void LookAtRefused()
    {
        lock (_lock)
        {
            foreach (Entry other in _entries.Values.Where(other => !_ended && other.Plugin.Report.State == PluginState.Refused))
            {
                _ = other.Plugin.Look(always: true);
            }
        }
    }

    /// <summary>A plugin and what is watched for it: its folder, and each directory in it.</summary>
    private sealed record Entry(Plugin Plugin, string Folder, QuietTime Quiet)
    {
        private readonly HashSet<string> _followed = new(StringComparer.Ordinal);

        internal bool IsAbout(string path) => path == Folder || (path.StartsWith(Folder, StringComparison.Ordinal) && path[Folder.Length] == '/');

        internal void Follow(string directory, bool isDirectory, PathWatcher watcher, IPathSink sink)
        {
            if (isDirectory && _followed.Add(directory))
            {
                watcher.Watch(PatternOf(directory), sink);
            }
            else if (!isDirectory && directory != Folder && _followed.Remove(directory))
            {
                watcher.Unwatch(PatternOf(directory), sink);
            }
        }

        internal void Close(PathWatcher watcher, IPathSink sink)
        {
            Quiet.Dispose();
            foreach (string directory in _followed)
            {
                watcher.Unwatch(PatternOf(directory), sink);
            }
        }

        internal static PathPattern PatternOf(string directory) =>
            new(directory, EntriesOfDirectory: true, IsLiteral: true, InPlaceChanges.Attributes | InPlaceChanges.Content);
    }
}
