using System.Runtime.InteropServices;
using ContainerManager.Host.Events;

namespace ContainerManager.Host.Plugins;

/// <summary>Waits for the ends of processes on behalf of plugins, in the core's own loop: no thread, no polling.</summary>
internal sealed class ProcessExits(EventLoop loop)
{
    internal Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken)
    {
        TaskCompletionSource exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        IDisposable registration = loop.Add(new ProcessExitSource(process, () => exited.TrySetResult()));
        CancellationTokenRegistration cancellation = cancellationToken.Register(() => exited.TrySetCanceled(cancellationToken));
        exited.Task.ContinueWith(
            _ =>
            {
                cancellation.Dispose();
                registration.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
        return exited.Task;
    }
}
