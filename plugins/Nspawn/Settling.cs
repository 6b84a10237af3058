using ContainerManager.Linux;

namespace ContainerManager.Plugins.Nspawn;

/// <summary>
/// Where the kernel does not tell of executions: looks again, a bounded number of times after something happened, whether a machine has
/// become ready.
/// </summary>
internal sealed class Settling : IDisposable
{
    private const int Looks = 200;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(10);

    private readonly EventFd _due = new();
    private readonly ITimer _timer;
    private readonly Func<bool, bool> _look;
    private int _left;

    /// <param name="loop">Where <paramref name="look"/> is called.</param>
    /// <param name="time">For the pause between two looks.</param>
    /// <param name="look">Told whether this is the last look; returns whether everything is ready.</param>
    internal Settling(PollLoop loop, TimeProvider time, Func<bool, bool> look)
    {
        _look = look;
        _timer = time.CreateTimer(_ => _due.Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        loop.Add(_due.Handle, Look);
    }

    /// <summary>Begins, or begins anew.</summary>
    internal void Begin()
    {
        _left = Looks;
        _timer.Change(Between, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _due.Dispose();
    }

    private void Look()
    {
        _due.TryTake();
        if (!_look(--_left <= 0))
        {
            _timer.Change(Between, Timeout.InfiniteTimeSpan);
        }
    }
}
