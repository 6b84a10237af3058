namespace ContainerManager.Host;

/// <summary>
/// Gives memory back to the system once much has happened and it is quiet again. The garbage collector itself runs when something is allocated: a
/// server that has nothing to do would keep for days what a thousand containers that started at once have cost.
/// </summary>
internal sealed class QuietCollection : IDisposable
{
    /// <summary>Between two looks. When nothing went on since the last one, it is quiet.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Bytes allocated since it was last collected, from which on it pays: it stops all threads, for some 20 ms.</summary>
    internal const long Worthwhile = 8 << 20;

    /// <summary>Bytes that are allocated between two looks although nothing goes on.</summary>
    internal const long Nothing = 512 << 10;

    private readonly Func<long> _allocated;
    private readonly Action _collect;
    private readonly ITimer _timer;
    private long _seen;
    private long _collected;
    private int _looking;

    internal QuietCollection()
        : this(
            TimeProvider.System,
            () => GC.GetTotalAllocatedBytes(),
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true))
    {
    }

    /// <param name="time">Counts the intervals.</param>
    /// <param name="allocated">Bytes since the process began.</param>
    /// <param name="collect">Collects everything, and keeps no spare memory.</param>
    internal QuietCollection(TimeProvider time, Func<long> allocated, Action collect)
    {
        (_allocated, _collect) = (allocated, collect);
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something has happened. Any thread; costs nothing while it is being looked already, and no timer runs when nothing happens.</summary>
    internal void Heed()
    {
        if (Volatile.Read(ref _looking) == 0 && Interlocked.Exchange(ref _looking, 1) == 0)
        {
            LookLater();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        long allocated = _allocated();
        bool quiet = allocated - _seen < Nothing;
        _seen = allocated;
        if (!quiet)
        {
            LookLater();
            return;
        }

        if (allocated - _collected >= Worthwhile)
        {
            _collect();
            _collected = allocated;
        }

        Volatile.Write(ref _looking, 0);
    }

    private void LookLater() => _timer.Change(Interval, Timeout.InfiniteTimeSpan);
}
