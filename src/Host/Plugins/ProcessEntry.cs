using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins;

/// <summary>The way into the container that a process is in.</summary>
internal static class ProcessEntry
{
    /// <exception cref="IOException">As <see cref="ProcessHandles.Open"/>.</exception>
    internal static ContainerEntry Open(int processId)
    {
        ProcessHandles handles = ProcessHandles.Open(processId);
        return new ContainerEntry
        {
            Process = handles.Process,
            MountNamespace = handles.MountNamespace,
            NetworkNamespace = handles.NetworkNamespace,
            Root = handles.Root,
            UserIds = ProcFiles.IdMap(handles.UserIdMap),
            GroupIds = ProcFiles.IdMap(handles.GroupIdMap),
            Cgroups = ProcFiles.Cgroups(handles.Cgroups),
        };
    }
}
