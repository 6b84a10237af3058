using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Protocol;

namespace ContainerManager.Host.Control;

/// <summary>
/// Hands each event to whoever follows, and remembers the last ones. Who publishes carries out the events of the host: handing over to a thousand
/// followers is not done by that thread.
/// </summary>
internal sealed class EventFeed
{
    /// <summary>How many events are remembered.</summary>
    internal const int Memory = 256;

    private readonly Lock _lock = new();
    private readonly Queue<EventRecord> _recent = new(Memory);
    private readonly Queue<(EventRecord Record, ImmutableArray<ChannelWriter<EventRecord>> Followers)> _published = new();
    private bool _handing;
    private ImmutableArray<ChannelWriter<EventRecord>> _followers = [];

    /// <summary>Told of each event, before anybody else; must return at once.</summary>
    internal Action<EventRecord>? Published { get; init; }

    /// <summary>How many follow.</summary>
    internal int Followers => _followers.Length;

    /// <summary>Any thread; never blocks.</summary>
    internal void Publish(EventRecord record)
    {
        Published?.Invoke(record);
        lock (_lock)
        {
            if (_recent.Count == Memory)
            {
                _recent.Dequeue();
            }

            _recent.Enqueue(record);
            if (_followers.IsEmpty)
            {
                return;
            }

            // Those who follow now: who comes later is not told of it.
            _published.Enqueue((record, _followers));
            if (_handing)
            {
                return;
            }

            _handing = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => HandOver(), null);
    }

    /// <summary>By one thread at a time, so that all are told in order.</summary>
    private void HandOver()
    {
        while (Next() is var (record, followers))
        {
            foreach (ChannelWriter<EventRecord> follower in followers)
            {
                follower.TryWrite(record);
            }
        }
    }

    private (EventRecord Record, ImmutableArray<ChannelWriter<EventRecord>> Followers)? Next()
    {
        lock (_lock)
        {
            _handing = _published.TryDequeue(out (EventRecord, ImmutableArray<ChannelWriter<EventRecord>>) next);
            return _handing ? next : null;
        }
    }

    /// <summary>The last events, oldest first.</summary>
    internal ImmutableArray<EventRecord> Recent()
    {
        lock (_lock)
        {
            return [.. _recent];
        }
    }

    /// <summary>What is published from this call on (not from the first read on). Must be enumerated, or cancelled.</summary>
    internal IAsyncEnumerable<EventRecord> FollowAsync(CancellationToken cancellationToken)
    {
        // Unbounded, for its reader never waits: the bound is in EventStream, where the client is.
        Channel<EventRecord> channel = Channel.CreateUnbounded<EventRecord>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            _followers = _followers.Add(channel.Writer);
        }

        CancellationTokenRegistration registration = cancellationToken.Register(() => Remove(channel.Writer));
        return ReadAsync(channel, registration, cancellationToken);
    }

    private async IAsyncEnumerable<EventRecord> ReadAsync(
        Channel<EventRecord> channel,
        CancellationTokenRegistration registration,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (EventRecord record in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return record;
            }
        }
        finally
        {
            registration.Dispose();
            Remove(channel.Writer);
        }
    }

    private void Remove(ChannelWriter<EventRecord> follower)
    {
        lock (_lock)
        {
            _followers = _followers.Remove(follower);
        }
    }
}
