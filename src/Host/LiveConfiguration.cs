using System.Collections.Immutable;
using ContainerManager.Host.Configuration;
using ContainerManager.Host.Configuration.Cdi;
using ContainerManager.Host.Paths;
using ContainerManager.Host.Plugins.Folders;
using ContainerManager.Linux;
using Microsoft.Extensions.Logging;

namespace ContainerManager.Host;

/// <summary>
/// The configuration in force. Another takes its place when its files change, on SIGHUP or by request; one that is wrong changes nothing. Rules that say the
/// same as before stay the same objects, so that only what has changed is touched.
/// </summary>
internal sealed class LiveConfiguration : IPathSink, IDisposable
{
    /// <summary>An editor makes a file in several steps; a person does not notice the wait.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly string _file;
    private readonly ILogger _logger;
    private readonly Action<ServerConfiguration, ServerConfiguration> _apply;
    private readonly Action<string, string?> _told;
    private readonly QuietTime _changes;
    private volatile Loaded _loaded;
    private PathWatcher? _watcher;

    /// <param name="file">The main file, as an absolute path.</param>
    /// <param name="first">What is in force now.</param>
    /// <param name="apply">Puts another in force: what was before, what is now. Called by one thread at a time.</param>
    /// <param name="told">Told of each change, and of what is wrong: what, and more for a person.</param>
    /// <param name="logger">The same.</param>
    internal LiveConfiguration(
        string file, ServerConfiguration first, Action<ServerConfiguration, ServerConfiguration> apply, Action<string, string?> told, ILogger logger)
    {
        _file = file;
        _logger = logger;
        _apply = apply;
        _told = told;
        _loaded = new Loaded(first, TimeProvider.System.GetUtcNow(), []);
        _changes = new QuietTime(() => Reload(), TimeProvider.System, s_quiet, s_longest);
    }

    /// <summary>What is in force.</summary>
    internal ServerConfiguration Current => _loaded.Configuration;

    /// <summary>Since when it is in force.</summary>
    internal DateTimeOffset Since => _loaded.Since;

    /// <summary>What is wrong with the files as they are now, which are therefore not in force; empty: nothing.</summary>
    internal ImmutableArray<ConfigurationError> Errors => _loaded.Errors;

    /// <summary>The files that are read: the main one, and those dropped in beside it.</summary>
    internal IEnumerable<string> Files => [_file, .. DropIns.In(DropIns.DirectoryBeside(_file))];

    private IEnumerable<PathPattern> Patterns =>
    [
        new PathPattern(_file, EntriesOfDirectory: false, IsLiteral: true, InPlaceChanges.Content),
        new PathPattern(DropIns.DirectoryBeside(_file), EntriesOfDirectory: true, IsLiteral: true, InPlaceChanges.Content),
        new PathPattern(PresetCatalog.DirectoryBeside(_file), EntriesOfDirectory: true, IsLiteral: true, InPlaceChanges.Content),
        .. CdiCatalog.Directories.Select(directory => new PathPattern(directory, EntriesOfDirectory: true, IsLiteral: true, InPlaceChanges.Content)),
    ];

    /// <summary>From now on changes of the files are heard.</summary>
    internal void Watch(PathWatcher watcher)
    {
        lock (_lock)
        {
            _watcher = watcher;
        }

        foreach (PathPattern pattern in Patterns)
        {
            watcher.Watch(pattern, this);
        }
    }

    /// <summary>Reads the files, and puts what they say in force if it is good.</summary>
    /// <returns>What is wrong with them; empty: nothing.</returns>
    internal ImmutableArray<ConfigurationError> Reload()
    {
        lock (_lock)
        {
            if (_watcher is null)
            {
                // The server is still starting with what it has read; as soon as the files are watched, they are read again.
                return Errors;
            }

            ConfigurationResult result = ConfigurationFile.Load(_file);
            if (result.Configuration is not { } configuration)
            {
                // Whoever is told and asks then must hear the same.
                bool isNew = !result.Errors.SequenceEqual(Errors);
                _loaded = _loaded with { Errors = result.Errors };
                if (isNew)
                {
                    Log.ConfigurationRefused(_logger, string.Join("; ", result.Errors));
                    _told("configuration-refused", result.Errors[0].ToString());
                }

                return result.Errors;
            }

            ServerConfiguration before = Current;
            ServerConfiguration now = Keeping(before, configuration);
            bool same = now.Containers.AsEnumerable().SequenceEqual(before.Containers, ReferenceEqualityComparer.Instance) && now.Settings.SaysTheSameAs(before.Settings);
            _loaded = same ? _loaded with { Errors = [] } : new Loaded(now, TimeProvider.System.GetUtcNow(), []);
            if (!same)
            {
                Log.ConfigurationChanged(_logger, _file, now.Containers.Count(rules => !before.Containers.Contains(rules, ReferenceEqualityComparer.Instance)));
                Apply(before, now);
                _told("configuration-changed", null);
            }

            return [];
        }
    }

    /// <summary>What cannot be done now does not keep the rest from being done, and nobody is there to catch it.</summary>
    private void Apply(ServerConfiguration before, ServerConfiguration now)
    {
        try
        {
            _apply(before, now);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.Warning(_logger, $"the configuration is in force, but for this: {failure.Message}");
        }
    }

    /// <inheritdoc/>
    public void PathAppeared(PathPattern pattern, string path, FileIdentity identity) => _changes.Touch();

    /// <inheritdoc/>
    public void PathVanished(PathPattern pattern, string path) => _changes.Touch();

    /// <inheritdoc/>
    public void PatternFailed(PathPattern pattern, string? reason)
    {
        if (reason is not null)
        {
            Log.Warning(_logger, $"changes of the configuration are not noticed: {reason}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PathPattern pattern in Patterns)
        {
            _watcher?.Unwatch(pattern, this);
        }

        _changes.Dispose();
    }

    /// <summary>With the objects of before for rules that say the same.</summary>
    private static ServerConfiguration Keeping(ServerConfiguration before, ServerConfiguration now)
    {
        Dictionary<(ContainerKey, string), Queue<ContainerRules>> known = before.Containers.GroupBy(rules => (rules.Key, rules.Text))
            .ToDictionary(same => same.Key, same => new Queue<ContainerRules>(same));
        return now with
        {
            Containers = [.. now.Containers.Select(rules => known.GetValueOrDefault((rules.Key, rules.Text)) is { Count: > 0 } same ? same.Dequeue() : rules)],
        };
    }

    private sealed record Loaded(ServerConfiguration Configuration, DateTimeOffset Since, ImmutableArray<ConfigurationError> Errors);
}
