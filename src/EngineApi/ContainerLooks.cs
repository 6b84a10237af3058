using System.Diagnostics.CodeAnalysis;

namespace ContainerManager.EngineApi;

/// <summary>
/// Looks at containers: at several at once, since the engine lets a look wait while the container starts, but never twice at once at
/// the same, so that what is reported is in order. One that the engine has no good answer for is told as trouble and looked at again
/// with a growing delay; the others go on.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Nobody takes a wait handle of the semaphore: it holds nothing to dispose.")]
internal sealed class ContainerLooks(EngineClient client, KnownContainers containers, Action<Exception> failed, CancellationToken cancellationToken)
{
    /// <summary>A container that starts takes up a look; a user's engine must not take up all we have.</summary>
    internal const int AtOnce = 64;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _free = new(AtOnce);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Look> _running = [];

    /// <summary>Looks at the container now, or once more if someone is looking. Completes when what was seen is reported.</summary>
    internal Task LookAsync(Change change)
    {
        Look? look;
        lock (_lock)
        {
            if (_running.TryGetValue(change.Id, out look))
            {
                look.WantAgain(change.Destroyed);
                return look.Done.Task;
            }

            look = new Look { Destroyed = change.Destroyed };
            _running.Add(change.Id, look);
        }

        _ = RunAsync(change.Id, look);
        return look.Done.Task;
    }

    /// <summary>Completes when nobody is looking.</summary>
    internal Task WhenAllAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_running.Values.Select(look => look.Done.Task));
        }
    }

    private async Task RunAsync(string id, Look look)
    {
        TimeSpan delay = FirstDelay;
        try
        {
            do
            {
                look.Begin();
                while (!await TryAsync(id, look))
                {
                    look.Done.TrySetResult();

                    // Nothing tells when the engine will have an answer; the delay ends early when it says something of the container.
                    await look.WhenWantedAsync(delay, cancellationToken);
                    delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
                    look.Begin();
                }
            }
            while (!Finish(id, look));
            look.Done.TrySetResult();
        }
        catch (Exception exception)
        {
            // Who looks next may not find this container, and says what is wrong with it if he does.
            containers.Understood(id);
            failed(exception);
            look.Done.TrySetException(exception);
            _ = look.Done.Task.Exception; // Said through the callback already.
        }
    }

    /// <summary>False: the engine has no good answer.</summary>
    private async Task<bool> TryAsync(string id, Look look)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            Report(id, look, await client.LookAsync(id, cancellationToken));
            containers.Understood(id);
            return true;
        }
        catch (EngineAnswerException reason)
        {
            containers.NotUnderstood(id, reason.Message);
            return false;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>
    /// An engine that does not know a container before it says "destroy" is still removing it: the word will come. Only then, and for
    /// what we knew before, it is gone.
    /// </summary>
    private void Report(string id, Look look, Observation seen)
    {
        if (seen.Running is { } running)
        {
            containers.Runs(id, running);
        }
        else if (!seen.Exists && look.Destroyed)
        {
            containers.IsRemoved(id);
            look.Destroyed = false;
        }
        else
        {
            containers.Rests(id);
        }
    }

    private bool Finish(string id, Look look)
    {
        lock (_lock)
        {
            return !look.Again && _running.Remove(id);
        }
    }

    private sealed class Look
    {
        private volatile TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool Destroyed { get; set; }

        /// <summary>Somebody asked since the last look began.</summary>
        internal bool Again => _wanted.Task.IsCompleted;

        internal void WantAgain(bool destroyed)
        {
            Destroyed |= destroyed;
            _wanted.TrySetResult();
        }

        /// <summary>What is asked from now on needs another look.</summary>
        internal void Begin()
        {
            if (Again)
            {
                _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        /// <summary>Completes when somebody asks, at the latest after a time.</summary>
        internal async Task WhenWantedAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            await _wanted.Task.WaitAsync(atMost, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
