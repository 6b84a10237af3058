using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Built against other contracts.</summary>
public sealed class OtherMajorRuntime : IContainerRuntime
{
    /// <inheritdoc/>
    public string Name => "othermajor";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RuntimeEvent.ListComplete();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();
}
