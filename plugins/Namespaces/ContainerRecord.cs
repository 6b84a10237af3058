using ContainerManager.Abstractions;

namespace ContainerManager.Plugins.Namespaces;

/// <summary>What is remembered of a container across restarts of the server.</summary>
/// <param name="Request">What to start.</param>
/// <param name="Init">Its first process; null: it has none at the moment.</param>
internal sealed record ContainerRecord(LaunchRequest Request, ProcessIdentity? Init);

/// <summary>Names one process for good: ids are reused, an id with its start time is not.</summary>
/// <param name="ProcessId">The host's.</param>
/// <param name="StartTime">Field 22 of <c>/proc/PID/stat</c>: clock ticks after boot (proc_pid_stat(5)).</param>
internal sealed record ProcessIdentity(int ProcessId, ulong StartTime);
