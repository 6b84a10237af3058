using ContainerManager.Abstractions;
using ContainerManager.Host.Events;
using ContainerManager.Host.Plugins;
using ContainerManager.Plugins.Nspawn;
using ContainerManager.Tests.Integration.TestBed;
using static ContainerManager.Abstractions.RuntimeEvent;

namespace ContainerManager.Tests.Integration.Nspawn;

/// <summary>The plugin on a core as small as can be, and the stream of what it says of one test's machines.</summary>
internal sealed class NspawnBed : IEventSink, IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new("plugin");
    private readonly EventLoop _loop;
    private readonly PluginHost _host;

    internal NspawnBed(string? settings = null)
    {
        _loop = new EventLoop(this, (source, fault) => Fault = $"{source}: {fault}");
        _loop.Start();
        _host = new PluginHost(settings is null ? null : System.Text.Json.JsonElement.Parse(settings), _directory["state"], "", new ProcessExits(_loop), (_, _) => Task.CompletedTask);
        Runtime = NewRuntime();
    }

    internal NspawnRuntime Runtime { get; }

    /// <summary>What the loop caught.</summary>
    internal string? Fault { get; private set; }

    /// <summary>A runtime as after a start of the server.</summary>
    internal NspawnRuntime NewRuntime() => new(_host, TimeProvider.System);

    /// <summary>Begins to listen, and waits for the first list.</summary>
    internal static async Task<EventRecorder<RuntimeEvent>> ListenAsync(NspawnRuntime runtime)
    {
        EventRecorder<RuntimeEvent> events = new(runtime.DiscoverAsync);
        await events.NextAsync(e => e is ListComplete);
        return events;
    }

    /// <summary>The start of a machine of that name.</summary>
    internal static async Task<ContainerDescription> StartedAsync(EventRecorder<RuntimeEvent> events, string name) =>
        ((Started)(await events.AnyAsync(e => e is Started { Container: var container } && container.Name == name, TimeSpan.FromSeconds(60))).Event).Container;

    /// <summary>The next start of a machine of that name.</summary>
    internal static async Task<ContainerDescription> NextStartedAsync(EventRecorder<RuntimeEvent> events, string name) =>
        ((Started)(await events.NextAsync(e => e is Started { Container: var container } && container.Name == name, TimeSpan.FromSeconds(60))).Event).Container;

    internal static Task StoppedAsync(EventRecorder<RuntimeEvent> events, ContainerId id) => events.NextAsync(e => e is Stopped stopped && stopped.Id == id);

    public void Post(SourceEvent sourceEvent) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => CleanUp.AllAsync(CleanUp.Of(_loop), CleanUp.Of(_directory), CleanUp.Of(() => Assert.Null(Fault)));
}
