namespace ContainerManager.Tests.Unit.Fuzzing;

/// <summary>All of them.</summary>
internal static class FuzzTargets
{
    internal static readonly FuzzTarget[] All =
    [
        UdevTargets.Libudev,
        UdevTargets.Kernel,
        UdevTargets.Database,
        ClientTargets.Frames,
        ClientTargets.Messages,
        ClientTargets.Sequence,
        ControlTargets.Requests,
        ConfigurationTargets.Configuration,
        ConfigurationTargets.Preset,
        CdiTargets.Json,
        CdiTargets.Yaml,
        ProcTargets.MountInfo,
        ProcTargets.Cgroups,
    ];
}
