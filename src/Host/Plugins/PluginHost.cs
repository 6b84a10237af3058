using System.Runtime.InteropServices;
using System.Text.Json;
using ContainerManager.Abstractions;
using ContainerManager.Linux;

namespace ContainerManager.Host.Plugins;

/// <summary>The core's offer to one plugin, for as long as it is loaded.</summary>
/// <param name="settings">The plugin's, in the configuration.</param>
/// <param name="stateDirectory">Made when it is not there.</param>
/// <param name="clientPath">The installed client.</param>
/// <param name="exits">Waits for processes.</param>
/// <param name="served">Waits for a container to have what it gets.</param>
internal sealed class PluginHost(
    JsonElement? settings, string stateDirectory, string clientPath, ProcessExits exits, Func<ContainerId, CancellationToken, Task> served) : IPluginHost, IDisposable
{
    private readonly CancellationTokenSource _lifetime = new();

    /// <inheritdoc/>
    public JsonElement? Settings => settings;

    /// <inheritdoc/>
    public string StateDirectory { get; } = PrivateDirectory.Create(stateDirectory);

    /// <inheritdoc/>
    public string ClientPath => clientPath;

    /// <inheritdoc/>
    public ContainerEntry OpenProcess(int processId) => ProcessEntry.Open(processId);

    /// <inheritdoc/>
    /// <remarks>Who waits is plugin code, and would be kept by the loop for as long as the process lives: it ends with the plugin.</remarks>
    public async Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        await exits.WhenExitedAsync(process, either.Token);
    }

    /// <inheritdoc/>
    public void Signal(SafeHandle process, int signal) => _ = ProcessDescriptor.Signal(process, signal);

    /// <inheritdoc/>
    /// <remarks>As of <see cref="WhenExitedAsync"/>.</remarks>
    public async Task WhenServedAsync(ContainerId container, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lifetime.Token);
        await served(container, either.Token);
    }

    /// <summary>The plugin is unloaded: nobody waits any more.</summary>
    public void Dispose() => _lifetime.Cancel();
}
