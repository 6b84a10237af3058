using ContainerManager.Abstractions;

namespace ContainerManager.Host.Containers;

/// <summary>One container while it is being opened, until it is open or nobody wants it any more.</summary>
internal sealed class Opening : IDisposable
{
    private readonly CancellationTokenSource _cancel;
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _cancelling;
    private bool _disposed;
    private volatile string? _reason;

    internal Opening(ContainerDescription container, CancellationToken cancellationToken)
    {
        Container = container;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _cancel.Token;
    }

    internal ContainerDescription Container { get; }

    /// <summary>Kept beside its source, which is disposed when the opening has ended.</summary>
    internal CancellationToken Token { get; }

    /// <summary>Completes when nothing of it is under way any more.</summary>
    internal Task Done { get; set; } = Task.CompletedTask;

    /// <summary>Completes when it was tried once, or is not wanted any more.</summary>
    internal Task Tried => _tried.Task;

    /// <summary>Saying the same of the container once more is no news: it is being opened for the first time, and still wanted.</summary>
    internal bool IsFirstTryOf(ContainerDescription container) => _reason is null && !Token.IsCancellationRequested &&
        Container.ProcessId == container.ProcessId && Container.Name == container.Name;

    internal void SetTried() => _tried.TrySetResult();

    /// <summary>True when that is new.</summary>
    internal bool Fails(string reason)
    {
        bool isNew = _reason != reason;
        _reason = reason;
        return isNew;
    }

    /// <summary>From now on nothing of it is told.</summary>
    internal void Cancel()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                // What it wakes must not run here, where the caller holds locks.
                _cancelling ??= _cancel.CancelAsync();
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            if (_cancelling is not null)
            {
                // What is linked to the stream must not stay for as long as that is read.
                _ = _cancelling.ContinueWith(
                    static (_, source) => ((IDisposable)source!).Dispose(), _cancel, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            else if (!_cancel.IsCancellationRequested)
            {
                _cancel.Dispose();
            }
        }
    }
}
