using ContainerManager.Linux.Native;

namespace ContainerManager.Linux;

/// <summary>How soon the calling thread runs when there is more to do than there are processors (sched(7)).</summary>
public static class SchedulingPriority
{
    /// <summary>
    /// Gives the calling thread a nice value. Threads and processes that it starts have 0 again where it is below 0 (SCHED_FLAG_RESET_ON_FORK,
    /// sched_setattr(2)).
    /// </summary>
    /// <param name="nice">-20, the soonest, to 19.</param>
    /// <returns>False: it is not allowed (CAP_SYS_NICE), and nothing has changed.</returns>
    public static unsafe bool TrySet(int nice)
    {
        sched_attr attributes = new() { size = (uint)sizeof(sched_attr), sched_flags = Scheduling.SCHED_FLAG_RESET_ON_FORK, sched_nice = nice };
        return Libc.sched_setattr(0, &attributes, 0) == 0;
    }
}
