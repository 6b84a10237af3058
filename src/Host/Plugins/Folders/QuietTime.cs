namespace ContainerManager.Host.Plugins.Folders;

/// <summary>
/// Tells once things have calmed down: a copy is many changes, and what is half copied is not worth a look. Somebody who never stops
/// is not waited for longer than <see cref="Longest"/>.
/// </summary>
internal sealed class QuietTime : IDisposable
{
    internal static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long? _first;

    /// <param name="settled">Called on any thread; must return at once.</param>
    /// <param name="time">Measures.</param>
    internal QuietTime(Action settled, TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(
            _ =>
            {
                lock (_lock)
                {
                    _first = null;
                }

                settled();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something has changed just now.</summary>
    internal void Touch()
    {
        lock (_lock)
        {
            long now = _time.GetTimestamp();
            TimeSpan left = Longest - _time.GetElapsedTime(_first ??= now, now);
            _timer.Change(left < Quiet ? Max(left, TimeSpan.Zero) : Quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
