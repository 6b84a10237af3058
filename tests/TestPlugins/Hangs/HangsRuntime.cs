using System.Runtime.CompilerServices;
using ContainerManager.Abstractions;

namespace ContainerManager.TestPlugins;

/// <summary>Does not end when it is told to; and what it has waiting for the end hangs as well when that is told to it.</summary>
public sealed class HangsRuntime(IPluginHost host) : IContainerRuntime
{
    /// <inheritdoc/>
    public string Name => "hangs";

    /// <inheritdoc/>
    public async IAsyncEnumerable<RuntimeEvent> DiscoverAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _ = HangAtTheEndAsync();
        yield return new RuntimeEvent.ListComplete();
        await new TaskCompletionSource().Task;
    }

    /// <inheritdoc/>
    public ValueTask<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The server's own process does not exit while it waits: only the end of the plugin ends this.</summary>
    private async Task HangAtTheEndAsync()
    {
        using ContainerEntry server = host.OpenProcess(Environment.ProcessId);
        try
        {
            await host.WhenExitedAsync(server.Process, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            new ManualResetEvent(initialState: false).WaitOne();
        }
    }
}
