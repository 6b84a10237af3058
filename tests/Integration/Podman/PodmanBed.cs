using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Plugins;
using ContainerManager.Plugins.Podman;
using ContainerManager.Plugins.Podman.Service;
using ContainerManager.Tests.Integration.TestBed;

namespace ContainerManager.Tests.Integration.Podman;

/// <summary>A core of the test's own, as small as it can be, the plugin on it, and a reader of its stream.</summary>
internal sealed class PodmanBed : IEventSink, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new("podmanbed");
    private readonly EventLoop _loop;

    /// <param name="settings">The plugin's settings, as JSON; <c>DIR</c> stands for a directory of the test's own.</param>
    /// <param name="searchPath">Where <c>podman</c> is looked for.</param>
    internal PodmanBed(string settings, string? searchPath = null)
    {
        _loop = new EventLoop(this, (source, fault) => Fault = $"{source}: {fault}");
        _loop.Start();
        Host = new PluginHost(
            System.Text.Json.JsonElement.Parse(settings.Replace("DIR", _directory.FullPath, StringComparison.Ordinal)), _directory["state"], "", new ProcessExits(_loop), (_, _) => Task.CompletedTask);
        Runtime = new PodmanRuntime(Host, TimeProvider.System, searchPath ?? PodmanProgram.SearchPath);
        Events = new EventRecorder<RuntimeEvent>(Runtime.DiscoverAsync);
    }

    internal PluginHost Host { get; }

    internal PodmanRuntime Runtime { get; }

    internal EventRecorder<RuntimeEvent> Events { get; }

    internal string? Fault { get; private set; }

    internal string this[string relative] => _directory[relative];

    /// <summary>The plugin on engines that are served, none of them by us.</summary>
    internal static PodmanBed On(params IEnumerable<PodmanEngine> engines) =>
        new($$"""{ "sockets": [{{string.Join(',', engines.Select(engine => $"\"{engine.Address}\""))}}] }""");

    /// <summary>The plugin on an engine that has a socket or else is served by us.</summary>
    internal static PodmanBed Serving(PodmanEngine engine) => new($$"""
        { "sockets": ["{{engine.Address}}"], "service": true, "options": [{{string.Join(',', engine.Options.Select(option => $"\"{option}\""))}}] }
        """);

    /// <summary>The plugin on an engine of root and those of users.</summary>
    internal static PodmanBed On(PodmanEngine root, params IEnumerable<TestUser> users) =>
        new($$"""{ "sockets": ["{{root.Address}}"], "users": [{{string.Join(',', users.Select(user => $"\"{user.Name}\""))}}] }""");

    /// <summary>The services that were started from here and run.</summary>
    internal int[] Services => [.. ProcessFacts.All.Where(id => ProcessFacts.Runs(id) && ProcessFacts.Read(id, "cmdline") is var line &&
        line.Contains("system\0service", StringComparison.Ordinal) && line.Contains(_directory.FullPath, StringComparison.Ordinal))];

    internal async Task<ContainerDescription> NextStartedAsync(string name) =>
        ((RuntimeEvent.Started)(await Events.NextAsync(e => e is RuntimeEvent.Started { Container: var container } && container.Name == name)).Event).Container;

    internal async Task<RuntimeEvent.Trouble> NextTroubleAsync(Func<RuntimeEvent.Trouble, bool> fits) =>
        (RuntimeEvent.Trouble)(await Events.NextAsync(e => e is RuntimeEvent.Trouble trouble && fits(trouble))).Event;

    public void Post(SourceEvent sourceEvent) => throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        await Events.DisposeAsync();
        Runtime.Dispose();
        int[] left = Services;
        _directory.Dispose();
        _loop.Dispose();
        Assert.Null(Fault);
        Assert.Empty(left);
    }
}
