namespace ContainerManager.Host.Events;

/// <summary>
/// Something that is tried again, with a growing delay, for as long as it fails: for want of a descriptor or of memory, say, which others give back
/// without a word.
/// </summary>
internal sealed class RetriedAction : IDisposable
{
    private readonly Lock _owner;
    private readonly string _what;
    private readonly Action _act;
    private readonly Action<string> _warn;
    private readonly Backoff _backoff;
    private readonly ITimer _again;
    private bool _failed;

    /// <param name="owner">Held while it is done, the first time and later: by whoever calls <see cref="Do"/>, and by the timer.</param>
    /// <param name="what">What it is when it fails, for a person, such as <c>the devices cannot be listed</c>.</param>
    /// <param name="act">Does it; an <see cref="IOException"/> is a failure.</param>
    /// <param name="warn">Told of the first failure of a row.</param>
    /// <param name="time">Measures the delays.</param>
    internal RetriedAction(Lock owner, string what, Action act, Action<string> warn, TimeProvider time)
    {
        (_owner, _what, _act, _warn) = (owner, what, act, warn);
        _backoff = new Backoff(time);
        _again = time.CreateTimer(_ => DoAgain(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Does it now, and later if it cannot be done now. The caller holds the lock of the owner.</summary>
    internal void Do()
    {
        try
        {
            _act();
            Forget();
        }
        catch (IOException failure)
        {
            if (!_failed)
            {
                _warn($"{_what}: {failure.Message}; tried again until it works");
            }

            _failed = true;
            _again.Change(_backoff.Next(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>It need not be done any more. The caller holds the lock of the owner.</summary>
    internal void Forget()
    {
        _failed = false;
        _backoff.Reset();
        _again.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The caller holds the lock of the owner.</summary>
    public void Dispose()
    {
        _failed = false;
        _again.Dispose();
    }

    private void DoAgain()
    {
        lock (_owner)
        {
            // Else it was done, or is not wanted any more, while this waited for the lock.
            if (_failed)
            {
                Do();
            }
        }
    }
}
