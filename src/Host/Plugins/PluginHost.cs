using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins;

/// <summary>The core's offer to one plugin.</summary>
internal sealed class PluginHost(JsonElement? settings, string stateDirectory, string clientPath, ProcessExits exits) : IPluginHost
{
    /// <inheritdoc/>
    public JsonElement? Settings => settings;

    /// <inheritdoc/>
    public string StateDirectory { get; } = PrivateDirectory.Create(stateDirectory);

    /// <inheritdoc/>
    public string ClientPath => clientPath;

    /// <inheritdoc/>
    public ContainerEntry OpenProcess(int processId)
    {
        ProcessHandles handles = ProcessHandles.Open(processId);
        return new ContainerEntry
        {
            Process = handles.Process,
            MountNamespace = handles.MountNamespace,
            Root = handles.Root,
            UserIds = ProcFiles.IdMap(handles.UserIdMap),
            GroupIds = ProcFiles.IdMap(handles.GroupIdMap),
            Cgroups = ProcFiles.Cgroups(handles.Cgroups),
        };
    }

    /// <inheritdoc/>
    public Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken) => exits.WhenExitedAsync(process, cancellationToken);

    /// <inheritdoc/>
    public void Signal(SafeHandle process, int signal) => _ = ProcessDescriptor.Signal(process, signal);
}
