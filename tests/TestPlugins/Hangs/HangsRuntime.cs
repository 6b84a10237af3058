using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Does not end when it is told to.</summary>
public sealed class HangsRuntime : IContainerRuntime
{
    /// <inheritdoc/>
    public string Name => "hangs";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RuntimeEvent.ListComplete();
        await new TaskCompletionSource().Task;
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();
}
