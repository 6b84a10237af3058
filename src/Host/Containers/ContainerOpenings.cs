using System.Collections.Frozen;
using ContainerManager.Abstractions;
using ContainerManager.Linux;
using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Opens the containers that one stream names, all at once: one that takes its time, or hangs, holds up no other. Of one container, only what was
/// said last is opened. One that cannot be opened is tried again with a growing delay, for as long as its runtime says that it runs.
/// </summary>
/// <param name="runtime">Opens them.</param>
/// <param name="told">Told what came of it, each time that it is something else.</param>
/// <param name="time">For delays.</param>
/// <param name="cancellationToken">Ends all of it.</param>
internal sealed class ContainerOpenings(IContainerRuntime runtime, IOpeningSink told, TimeProvider time, CancellationToken cancellationToken)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(2);
    private static readonly FileIdentity s_ownNamespace = OwnNamespace();

    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, Opening> _openings = [];

    /// <summary>The runtime says that it runs.</summary>
    internal void Begin(ContainerDescription container)
    {
        lock (_lock)
        {
            if (_openings.TryGetValue(container.Id, out Opening? before))
            {
                if (!before.HasFailed && before.Container.ProcessId == container.ProcessId && before.Container.Name == container.Name)
                {
                    return;
                }

                before.Cancel();
            }

            Opening opening = new(container, cancellationToken);
            _openings[container.Id] = opening;
            opening.Done = RunAsync(opening, before?.Done ?? Task.CompletedTask);
        }
    }

    /// <summary>It runs no longer.</summary>
    internal void Cancel(ContainerId id)
    {
        lock (_lock)
        {
            if (_openings.Remove(id, out Opening? opening))
            {
                opening.Cancel();
            }
        }
    }

    /// <summary>Completes when each that was begun was tried.</summary>
    internal Task WhenTriedAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_openings.Values.Select(opening => opening.Tried));
        }
    }

    /// <summary>Completes when nothing is under way; after cancellation.</summary>
    internal Task WhenEndedAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_openings.Values.Select(opening => opening.Done));
        }
    }

    private async Task RunAsync(Opening opening, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        try
        {
            for (TimeSpan delay = FirstDelay; !await TryAsync(opening); delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
            {
                opening.SetTried();

                // Nothing tells when a container can be entered that could not be before.
                await Task.Delay(delay, time, opening.Token);
            }
        }
        catch (OperationCanceledException) when (opening.Token.IsCancellationRequested)
        {
            // Something newer is known of it, or nobody listens any more.
        }
        finally
        {
            opening.SetTried();
            Forget(opening);
        }
    }

    private void Forget(Opening opening)
    {
        lock (_lock)
        {
            if (_openings.GetValueOrDefault(opening.Container.Id) == opening)
            {
                _openings.Remove(opening.Container.Id);
            }
        }

        opening.Dispose();
    }

    private async Task<bool> TryAsync(Opening opening)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(opening.Token);
        limit.CancelAfter(Limit);
        try
        {
            ContainerEntry entry = Ours(await OpenAsync(opening.Container, limit.Token));
            if (!told.Opened(opening.Container, entry, opening.Token))
            {
                entry.Dispose();
            }

            return true;
        }
        catch (OperationCanceledException) when (!opening.Token.IsCancellationRequested)
        {
            Failed(opening, $"its plugin did not open it within {Limit.TotalSeconds:0} s");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !opening.Token.IsCancellationRequested)
        {
            Failed(opening, failure.Message);
        }

        return false;
    }

    private void Failed(Opening opening, string reason)
    {
        if (opening.Fails(reason))
        {
            told.Unreachable(opening.Container, reason, opening.Token);
        }
    }

    private async Task<ContainerEntry> OpenAsync(ContainerDescription container, CancellationToken limit)
    {
        Task<ContainerEntry> opening = runtime.OpenAsync(container, limit).AsTask();
        try
        {
            return await opening.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            // Comes too late for anybody to use; its handles would keep the container's namespaces.
            _ = opening.ContinueWith(
                static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Holds no object of the plugin: it may be unloaded while its containers run.</summary>
    /// <exception cref="IOException">Whatever the plugin was told, it is the host itself.</exception>
    private static ContainerEntry Ours(ContainerEntry entry)
    {
        if (FileStatus.OfHandle(entry.MountNamespace).Identity == s_ownNamespace)
        {
            entry.Dispose();
            throw new IOException("refused: its process sees the host's own mounts, and is no container");
        }

        return new ContainerEntry
        {
            Process = entry.Process,
            MountNamespace = entry.MountNamespace,
            NetworkNamespace = entry.NetworkNamespace,
            Root = entry.Root,
            UserIds = entry.UserIds,
            GroupIds = entry.GroupIds,
            Cgroups = entry.Cgroups.ToFrozenDictionary(),
        };
    }

    private static FileIdentity OwnNamespace()
    {
        using SafeFileHandle own = File.OpenHandle("/proc/self/ns/mnt");
        return FileStatus.OfHandle(own).Identity;
    }

    private sealed class Opening : IDisposable
    {
        private readonly CancellationTokenSource _cancel;
        private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _lock = new();
        private bool _disposed;
        private string? _reason;

        internal Opening(ContainerDescription container, CancellationToken cancellationToken)
        {
            Container = container;
            _cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Token = _cancel.Token;
        }

        internal ContainerDescription Container { get; }

        /// <summary>Of its own, since the source is disposed when it has ended.</summary>
        internal CancellationToken Token { get; }

        internal Task Done { get; set; } = Task.CompletedTask;

        internal Task Tried => _tried.Task;

        internal bool HasFailed => _reason is not null;

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
                    _ = _cancel.CancelAsync();
                }
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _disposed = true;
                if (!_cancel.IsCancellationRequested)
                {
                    _cancel.Dispose();
                }
            }
        }
    }
}

/// <summary>Hears of containers that were opened. Called on any thread; for one container in order.</summary>
internal interface IOpeningSink
{
    /// <summary>It can be entered. False: nobody wants it any more, and the entry stays the caller's.</summary>
    bool Opened(ContainerDescription container, ContainerEntry entry, CancellationToken cancellationToken);

    /// <summary>It cannot be entered now.</summary>
    void Unreachable(ContainerDescription container, string reason, CancellationToken cancellationToken);
}
