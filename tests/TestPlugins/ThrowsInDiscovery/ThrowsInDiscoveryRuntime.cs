using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Cannot tell what runs.</summary>
public sealed class ThrowsInDiscoveryRuntime : IContainerRuntime
{
    /// <inheritdoc/>
    public string Name => "throwsindiscovery";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return new RuntimeEvent.ListComplete();
        throw new InvalidOperationException("the engine said something that nobody understands");
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();
}
