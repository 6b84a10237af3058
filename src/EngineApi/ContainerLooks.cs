namespace ContainerManager.EngineApi;

/// <summary>
/// Looks at containers: at several at once, since the engine lets a look wait while the container starts, but never twice at once at
/// the same, so that what is reported is in order.
/// </summary>
internal sealed class ContainerLooks(EngineClient client, KnownContainers containers, Action<Exception> failed, CancellationToken cancellationToken)
{
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
                look.Again = true;
                look.Destroyed |= change.Destroyed;
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
        try
        {
            do
            {
                look.Again = false;
                Report(id, look, await client.LookAsync(id, cancellationToken));
            }
            while (!Finish(id, look));
            look.Done.SetResult();
        }
        catch (Exception exception)
        {
            failed(exception);
            look.Done.SetException(exception);
            _ = look.Done.Task.Exception; // Said through the callback already.
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
        internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        internal bool Again { get; set; }
        internal bool Destroyed { get; set; }
    }
}
