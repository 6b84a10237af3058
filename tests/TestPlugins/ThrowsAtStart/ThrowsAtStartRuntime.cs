using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Cannot be made.</summary>
public sealed class ThrowsAtStartRuntime : IContainerRuntime
{
    /// <summary>Throws.</summary>
    public ThrowsAtStartRuntime() => throw new InvalidOperationException("no engine of this kind");

    /// <inheritdoc/>
    public string Name => "throwsatstart";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RuntimeEvent.ListComplete();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();
}
