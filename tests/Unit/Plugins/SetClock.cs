namespace ContainerManager.Tests.Unit.Plugins;

/// <summary>A clock with one timer; time passes when the test says so.</summary>
internal sealed class SetClock : TimeProvider, ITimer
{
    private TimerCallback _callback = _ => { };
    private object? _state;
    private TimeSpan _now;
    private TimeSpan? _due;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        (_callback, _state) = (callback, state);
        Change(dueTime, period);
        return this;
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _due = dueTime == Timeout.InfiniteTimeSpan ? null : _now + dueTime;
        return true;
    }

    internal void Pass(TimeSpan time)
    {
        _now += time;
        if (_due <= _now)
        {
            _due = null;
            _callback(_state);
        }
    }

    public void Dispose() => _due = null;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
