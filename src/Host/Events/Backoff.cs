namespace ContainerManager.Host.Events;

/// <summary>
/// The delays between tries of something that gives no event when it is back: each is twice as long as the one before, so that an idle machine
/// stays idle. Used by one task at a time.
/// </summary>
/// <param name="time">Measures them.</param>
internal sealed class Backoff(TimeProvider time)
{
    internal static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>How long the next one is.</summary>
    internal TimeSpan Delay { get; private set; } = FirstDelay;

    /// <summary>It was well meanwhile: the next try comes soon.</summary>
    internal void Reset() => Delay = FirstDelay;

    /// <summary>The delay before the next try; the one after that is longer.</summary>
    internal TimeSpan Next()
    {
        TimeSpan delay = Delay;
        Delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        return delay;
    }

    /// <summary>Completes when it is time for the next try.</summary>
    internal Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(Next(), time, cancellationToken);
}
