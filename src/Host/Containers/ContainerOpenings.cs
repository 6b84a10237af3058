using ContainerManager.Abstractions;
using ContainerManager.Host.Events;

namespace ContainerManager.Host.Containers;

/// <summary>
/// Opens the containers that one stream names, all at once: one that takes its time, or hangs, holds up no other. Of one container, only what was
/// said last is opened. One that cannot be opened is tried again with a growing delay, for as long as its runtime says that it runs.
/// </summary>
/// <param name="runtime">Opens them.</param>
/// <param name="told">Told what came of it, each time that it is something else.</param>
/// <param name="time">For limits and delays.</param>
/// <param name="cancellationToken">Ends all of it.</param>
internal sealed class ContainerOpenings(IContainerRuntime runtime, IOpeningSink told, TimeProvider time, CancellationToken cancellationToken)
{
    private readonly ContainerOpener _opener = new(runtime, time);
    private readonly Lock _lock = new();
    private readonly Dictionary<ContainerId, Opening> _openings = [];

    /// <summary>The runtime says that it runs.</summary>
    internal void Begin(ContainerDescription container)
    {
        lock (_lock)
        {
            _openings.TryGetValue(container.Id, out Opening? before);
            if (before is null || !before.IsFirstTryOf(container))
            {
                before?.Cancel();
                Opening opening = new(container, cancellationToken);
                _openings[container.Id] = opening;
                opening.Done = RunAsync(opening, before?.Done ?? Task.CompletedTask);
            }
        }
    }

    /// <summary>It runs no longer, or is open already.</summary>
    internal void Cancel(ContainerId id)
    {
        lock (_lock)
        {
            _openings.GetValueOrDefault(id)?.Cancel();
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

    /// <param name="opening">What to do.</param>
    /// <param name="before">The opening of the same container that it replaces: the plugin is not asked for one container twice at a time.</param>
    private async Task RunAsync(Opening opening, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        try
        {
            Backoff backoff = new(time);
            while (!await TryAsync(opening))
            {
                opening.SetTried();
                await backoff.WaitAsync(opening.Token);
            }
        }
        catch (Exception) when (opening.Token.IsCancellationRequested)
        {
            // Something newer is known of it, or nobody listens any more; whatever a plugin throws then, there is nobody to tell.
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
        try
        {
            opening.Token.ThrowIfCancellationRequested();
            ContainerEntry entry = await _opener.OpenAsync(opening.Container, opening.Token);
            if (!told.Opened(opening.Container, entry, opening.Token))
            {
                entry.Dispose();
            }

            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException && !opening.Token.IsCancellationRequested)
        {
            if (opening.Fails(failure.Message))
            {
                told.Unreachable(opening.Container, failure.Message, opening.Token);
            }

            return false;
        }
    }
}
