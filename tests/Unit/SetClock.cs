namespace ContainerManager.Tests.Unit;

/// <summary>A clock with timers that run once; time passes when the test says so.</summary>
internal sealed class SetClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Alarm alarm = new(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Runs what is due by then, one timer after the other.</summary>
    internal void Pass(TimeSpan time)
    {
        List<Alarm> due;
        lock (_lock)
        {
            _now += time;
            due = _alarms.FindAll(alarm => alarm.Due <= _now);
            _alarms.RemoveAll(due.Contains);
        }

        due.ForEach(alarm => alarm.Ring());
    }

    /// <summary>Completes when somebody waits, for exactly so long from now.</summary>
    internal async Task WhenWaitedForAsync(TimeSpan left, TimeSpan within)
    {
        using CancellationTokenSource deadline = new(within);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_alarms.Exists(alarm => alarm.Due == _now + left))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(deadline.Token);
        }
    }

    private void Set(Alarm alarm, TimeSpan? dueTime)
    {
        lock (_lock)
        {
            _alarms.Remove(alarm);
            if (dueTime is { } left)
            {
                alarm.Due = _now + left;
                _alarms.Add(alarm);
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private sealed class Alarm(SetClock clock, Action ring) : ITimer
    {
        internal TimeSpan Due { get; set; }

        internal void Ring() => ring();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime == Timeout.InfiniteTimeSpan ? null : dueTime);
            return true;
        }

        public void Dispose() => clock.Set(this, null);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
