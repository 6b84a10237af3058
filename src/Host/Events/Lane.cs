namespace ContainerManager.Host.Events;

/// <summary>
/// Does work in the order it was given, one piece at a time, on whichever thread is free. A piece that hangs holds up this lane and
/// one thread, nothing else.
/// </summary>
internal sealed class Lane(ILaneScheduler scheduler)
{
    private readonly Lock _lock = new();
    private readonly Queue<Action> _work = new();
    private bool _scheduled;

    /// <summary>
    /// The piece of work that runs makes other lanes ready long before it ends, or may hang after it did: they must not wait for this thread.
    /// </summary>
    internal bool ReportsEarly { get; set; }

    /// <summary>Adds a piece of work. Returns at once.</summary>
    internal void Enqueue(Action work)
    {
        lock (_lock)
        {
            _work.Enqueue(work);
            if (_scheduled)
            {
                return;
            }

            _scheduled = true;
        }

        scheduler.Ready(this);
    }

    /// <summary>Does one piece of work and asks to be run again if there is more. Called by the scheduler, by one thread at a time.</summary>
    internal void RunOne()
    {
        Action work;
        lock (_lock)
        {
            work = _work.Dequeue();
        }

        try
        {
            work();
        }
        finally
        {
            bool more;
            lock (_lock)
            {
                more = _scheduled = _work.Count > 0;
            }

            if (more)
            {
                scheduler.Ready(this);
            }
        }
    }
}
