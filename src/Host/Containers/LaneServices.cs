using ContainerManager.Abstractions;
using ContainerManager.Host.Devices;
using ContainerManager.Host.Events;
using ContainerManager.Host.Journaling;
using ContainerManager.Host.Mounting;
using ContainerManager.Host.State;

namespace ContainerManager.Host.Containers;

/// <summary>What all container lanes share.</summary>
/// <param name="Loop">Runs the lanes and waits for the ends of containers.</param>
/// <param name="Executor">Carries out mount operations.</param>
/// <param name="Strategies">The ways to mount.</param>
/// <param name="Journal">Written before each act.</param>
/// <param name="Nodes">The device nodes that are mounted.</param>
/// <param name="Devices">Where is kept what devices need.</param>
/// <param name="Lists">The device lists in which something is granted.</param>
/// <param name="Inside">Who mounts in a container where we may not enter it; null: nobody.</param>
/// <param name="InsideEvents">Likewise, who tells of devices there.</param>
/// <param name="Measured">Told of each step on a target: which, whether it succeeded, how long it took from its planning on.</param>
/// <param name="Post">Where results go.</param>
internal sealed record LaneServices(
    EventLoop Loop,
    MountExecutor Executor,
    MountStrategies Strategies,
    Journal Journal,
    StagedNodes Nodes,
    DeviceDirectories Devices,
    DeviceListWatch Lists,
    Func<ContainerId, IInsideMounts?> Inside,
    Func<ContainerId, IInsideEvents?> InsideEvents,
    Action<Step, bool, TimeSpan> Measured,
    Action<HostEvent> Post);
