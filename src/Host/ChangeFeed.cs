using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ContainerManager.Host.State;
using ContainerManager.Protocol;

namespace ContainerManager.Host;

/// <summary>Tells everybody who follows what changes. A follower that does not keep up loses the oldest and is told how many.</summary>
internal sealed class ChangeFeed(TimeProvider time)
{
    private const int Capacity = 4096;

    private ImmutableList<Follower> _followers = [];

    /// <summary>Returns at once, whatever the followers do.</summary>
    internal void Publish(StateChange change)
    {
        if (_followers.IsEmpty)
        {
            return;
        }

        EventRecord record = new(time.GetUtcNow(), KindOf(change.Kind), change.Container, change.Source, change.Target, change.Detail);
        foreach (Follower follower in _followers)
        {
            follower.Channel.Writer.TryWrite(record);
        }
    }

    internal async IAsyncEnumerable<EventRecord> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Follower follower = new();
        ImmutableInterlocked.Update(ref _followers, list => list.Add(follower));
        try
        {
            await foreach (EventRecord record in follower.Channel.Reader.ReadAllAsync(cancellationToken))
            {
                if (follower.TakeLost() is > 0 and int lost)
                {
                    yield return new EventRecord(time.GetUtcNow(), "lost", null, null, null, $"{lost} events were lost: this follower is too slow");
                }

                yield return record;
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _followers, list => list.Remove(follower));
        }
    }

    /// <summary>container-started, attached, …</summary>
    private static string KindOf(ChangeKind kind) => kind switch
    {
        ChangeKind.ContainerStarted => "container-started",
        ChangeKind.ContainerStopped => "container-stopped",
        ChangeKind.ContainerFailed => "container-failed",
        ChangeKind.Attached => "attached",
        ChangeKind.Replaced => "replaced",
        ChangeKind.Detached => "detached",
        ChangeKind.Failed => "failed",
        ChangeKind.WatchFailed => "watch-failed",
        ChangeKind.WatchRecovered => "watch-recovered",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private sealed class Follower
    {
        private int _lost;

        internal Follower() => Channel = System.Threading.Channels.Channel.CreateBounded<EventRecord>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _lost));

        internal Channel<EventRecord> Channel { get; }

        internal int TakeLost() => Interlocked.Exchange(ref _lost, 0);
    }
}
