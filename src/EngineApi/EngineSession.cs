namespace ContainerManager.EngineApi;

/// <summary>
/// One connection to an engine, from the subscription to the moment it breaks. Everything the engine says, the list and the events,
/// only makes us look at the container, so that old news in the stream cannot contradict what was seen since.
/// </summary>
internal sealed class EngineSession(EngineClient client, KnownContainers containers)
{
    private const int LooksAtOnce = 8;

    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs until the connection breaks, and throws why. Calls <paramref name="listed"/> when everything running was reported.</summary>
    internal async Task RunAsync(Action listed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ContainerLooks looks = new(client, containers, exception => _broken.TrySetException(exception), ending.Token);

        // The engine answers a subscription before it has taken it up. With "since" it repeats what happened in between. It is a
        // process of this host, so its clock is ours.
        Task changes = client.FollowAsync(DateTimeOffset.UtcNow, change => _ = looks.LookAsync(change), ending.Token);
        Task list = ListAsync(looks, listed, ending.Token);
        try
        {
            await foreach (Task done in Task.WhenEach(changes, list, _broken.Task))
            {
                await done;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(changes, list, looks.WhenAllAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ = _broken.Task.Exception; // One reason is enough.
        }
    }

    private async Task ListAsync(ContainerLooks looks, Action listed, CancellationToken cancellationToken)
    {
        string[] running = await client.ListRunningAsync(cancellationToken);

        // What we knew before and is not in the list may have been removed while nobody told us.
        IEnumerable<Change> changes = containers.Ids.Select(id => new Change(id, Destroyed: true))
            .UnionBy(running.Select(id => new Change(id, Destroyed: false)), change => change.Id);
        await Parallel.ForEachAsync(
            changes,
            new ParallelOptions { MaxDegreeOfParallelism = LooksAtOnce, CancellationToken = cancellationToken },
            (change, _) => new ValueTask(looks.LookAsync(change)));
        listed();
    }
}
