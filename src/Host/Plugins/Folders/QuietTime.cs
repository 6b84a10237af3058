namespace ContainerManager.Host.Plugins.Folders;

/// <summary>
/// Tells once things have calmed down: a copy is many changes, and what is half copied is not worth a look. Somebody who never stops
/// is not waited for longer than a limit.
/// </summary>
internal sealed class QuietTime : IDisposable
{
    internal static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _quiet;
    private readonly TimeSpan _longest;
    private readonly ITimer _timer;
    private long? _first;

    /// <param name="settled">Called on any thread; must return at once.</param>
    /// <param name="time">Measures.</param>
    /// <param name="quiet">How long nothing may have changed; null: <see cref="Quiet"/>.</param>
    /// <param name="longest">How long is waited at most; null: <see cref="Longest"/>.</param>
    internal QuietTime(Action settled, TimeProvider time, TimeSpan? quiet = null, TimeSpan? longest = null)
    {
        _time = time;
        (_quiet, _longest) = (quiet ?? Quiet, longest ?? Longest);
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
            TimeSpan left = _longest - _time.GetElapsedTime(_first ??= now, now);
            _timer.Change(left < _quiet ? Max(left, TimeSpan.Zero) : _quiet, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
