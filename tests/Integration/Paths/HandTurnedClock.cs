namespace ContainerManager.Tests.Integration.Paths;

/// <summary>A clock whose timers run when the test says so.</summary>
internal sealed class HandTurnedClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Alarm> _alarms = [];

    /// <summary>Lets every timer that is set run once. Returns how many were.</summary>
    internal int RunTimers()
    {
        Alarm[] due;
        lock (_lock)
        {
            due = [.. _alarms.Where(alarm => alarm.IsSet)];
        }

        Array.ForEach(due, alarm => alarm.Run());
        return due.Length;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Alarm alarm = new(() => callback(state)) { IsSet = dueTime != Timeout.InfiniteTimeSpan };
        lock (_lock)
        {
            _alarms.Add(alarm);
        }

        return alarm;
    }

    private sealed class Alarm(Action callback) : ITimer
    {
        private volatile bool _isSet;

        internal bool IsSet
        {
            get => _isSet;
            init => _isSet = value;
        }

        internal void Run()
        {
            _isSet = false;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _isSet = dueTime != Timeout.InfiniteTimeSpan;
            return true;
        }

        public void Dispose() => _isSet = false;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
