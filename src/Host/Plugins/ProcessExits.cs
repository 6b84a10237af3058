using System.Runtime.InteropServices;
using ContainerManager.Host.Events;

namespace ContainerManager.Host.Plugins;

/// <summary>Waits for the ends of processes on behalf of plugins, in the core's own loop: no thread, no polling.</summary>
internal sealed class ProcessExits(EventLoop loop)
{
    internal async Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken)
    {
        TaskCompletionSource exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // Out of the loop before the caller goes on: it may close the handle then.
        using IDisposable registration = loop.Add(new ProcessExitSource(process, () => exited.TrySetResult()));
        await exited.Task.WaitAsync(cancellationToken);
    }
}
