using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Abstractions;

namespace ContainerManager.EngineApi;

/// <summary>Reports the containers of one engine, or of several, until cancelled.</summary>
/// <param name="events">Where to.</param>
/// <param name="listed">To be called once, when those that run have been named for the first time.</param>
/// <param name="cancellationToken">Ends it.</param>
public delegate Task FollowEngine(ChannelWriter<RuntimeEvent> events, Action listed, CancellationToken cancellationToken);

/// <summary>Several engines in one stream; one that is down hides none of the others.</summary>
public static class EngineStream
{
    /// <summary>
    /// The stream of <see cref="IContainerRuntime.DiscoverAsync"/>. Does not throw for an engine that is away: that is a
    /// <see cref="RuntimeEvent.Trouble"/>, and the connection is tried again.
    /// </summary>
    public static async IAsyncEnumerable<RuntimeEvent> ReadAsync(
        IReadOnlyCollection<FollowEngine> engines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<RuntimeEvent> events = Channel.CreateUnbounded<RuntimeEvent>(new UnboundedChannelOptions { SingleReader = true });
        ListCountdown lists = new(engines.Count, events.Writer);
        Task following = Task.WhenAll(engines.Select(engine => FollowAsync(engine, events.Writer, lists, stopping.Token)));
        try
        {
            await foreach (RuntimeEvent runtimeEvent in events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return runtimeEvent;
            }
        }
        finally
        {
            await stopping.CancelAsync();
            await following;
        }
    }

    private static async Task FollowAsync(FollowEngine engine, ChannelWriter<RuntimeEvent> events, ListCountdown lists, CancellationToken cancellationToken)
    {
        try
        {
            await engine(events, lists.EngineListed, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            events.TryComplete(exception);
        }
    }
}
