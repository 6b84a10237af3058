using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Ends when it is told to, but its disposal never returns: it joins a thread, say.</summary>
public sealed class HangsAtEndRuntime : IContainerRuntime, IDisposable
{
    private readonly ManualResetEvent _never = new(initialState: false);

    /// <inheritdoc/>
    public string Name => "hangsatend";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RuntimeEvent.ListComplete();
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => _never.WaitOne();
}
