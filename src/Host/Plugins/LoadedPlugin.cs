using System.Collections.Immutable;
using ContainerManager.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace ContainerManager.Host.Plugins;

/// <summary>A plugin that was loaded, and what its assembly offers.</summary>
internal sealed class LoadedPlugin(string name, ServiceProvider services) : IAsyncDisposable
{
    internal string Name { get; } = name;

    internal ImmutableArray<IContainerRuntime> Runtimes { get; } = [.. services.GetServices<IContainerRuntime>()];

    internal ImmutableArray<IEventSource> EventSources { get; } = [.. services.GetServices<IEventSource>()];

    internal ImmutableArray<IMountStrategy> Strategies { get; } = [.. services.GetServices<IMountStrategy>()];

    /// <summary>Disposes what the plugin's classes hold.</summary>
    public ValueTask DisposeAsync() => services.DisposeAsync();
}
