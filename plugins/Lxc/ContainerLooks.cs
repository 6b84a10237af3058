using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace ContainerManager.Plugins.Lxc;

/// <summary>
/// Looks at containers: at several at once, but never twice at once at the same, so that what is reported is in order. What cannot be
/// looked at is told as trouble and looked at again with a growing delay.
/// </summary>
/// <param name="look">Does it; null: nothing shall be said of this container.</param>
/// <param name="containers">Told what was seen.</param>
/// <param name="troubles">Told what could not be seen.</param>
/// <param name="cancellationToken">Ends all looks.</param>
[SuppressMessage("Design", "CA1001", Justification = "Nobody takes a wait handle of the semaphore: it holds nothing to dispose.")]
internal sealed class ContainerLooks(
    Func<ContainerKey, CancellationToken, Task<Observation?>> look, KnownContainers containers, Troubles troubles, CancellationToken cancellationToken)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    /// <summary>Each look runs a program.</summary>
    private const int AtOnce = 4;

    private readonly SemaphoreSlim _free = new(AtOnce);
    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerKey, Look> _running = [];

    /// <summary>
    /// Looks at the container now, or once more if someone is looking. Completes when what was seen is reported; also when it could not
    /// be seen, and will be tried again.
    /// </summary>
    internal Task LookAsync(ContainerKey key)
    {
        Look? current;
        lock (_lock)
        {
            if (_running.TryGetValue(key, out current))
            {
                current.WantAgain();
                return current.Tried.Task;
            }

            current = new Look();
            _running.Add(key, current);
        }

        _ = RunAsync(key, current);
        return current.Tried.Task;
    }

    /// <summary>Completes when nobody is looking; call when all are cancelled.</summary>
    internal Task WhenAllAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_running.Values.Select(current => current.Done.Task));
        }
    }

    private async Task RunAsync(ContainerKey key, Look current)
    {
        GrowingDelay delay = new(FirstDelay, LongestDelay);
        try
        {
            while (!await TryAsync(key) ? await current.WantedAsync(delay.Next(), cancellationToken) : !Finish(key, current))
            {
                current.Tried.TrySetResult();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody listens any more; who listens next may not find this container, and says what is wrong with it if he does.
            troubles.Over(key.Id.ToString());
        }
        catch (Exception defect)
        {
            troubles.Say(key.Id.ToString(), defect.Message);
        }

        current.Tried.TrySetResult();
        lock (_lock)
        {
            if (_running.GetValueOrDefault(key) == current)
            {
                _running.Remove(key);
            }
        }

        current.Done.SetResult();
    }

    private async Task<bool> TryAsync(ContainerKey key)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            if (await look(key, cancellationToken) is { } seen)
            {
                containers.Report(key, seen);
            }

            troubles.Over(key.Id.ToString());
            return true;
        }
        catch (Exception reason) when (reason is IOException or InvalidDataException or UnauthorizedAccessException or Win32Exception)
        {
            troubles.Say(key.Id.ToString(), reason.Message);
            return false;
        }
        finally
        {
            _free.Release();
        }
    }

    private bool Finish(ContainerKey key, Look current)
    {
        lock (_lock)
        {
            return !current.IsWantedAgain() && _running.Remove(key);
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "Nobody takes a wait handle of the semaphore: it holds nothing to dispose.")]
    private sealed class Look
    {
        private readonly SemaphoreSlim _wanted = new(0);

        internal TaskCompletionSource Tried { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void WantAgain() => _wanted.Release();

        /// <summary>Somebody asked since the last look began. Many who asked get one look.</summary>
        internal bool IsWantedAgain()
        {
            bool wanted = false;
            while (_wanted.Wait(0))
            {
                wanted = true;
            }

            return wanted;
        }

        /// <summary>Completes, with true, when somebody asks, at the latest after a time.</summary>
        internal async Task<bool> WantedAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            await _wanted.WaitAsync(atMost, cancellationToken);
            return true;
        }
    }
}
