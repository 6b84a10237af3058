using System.Runtime.InteropServices;
using System.Text.Json;

namespace ContainerManager.Abstractions;

/// <summary>What the core offers to a plugin. Take it as a constructor argument of a scanned class.</summary>
public interface IPluginHost
{
    /// <summary>The value of <c>settings.plugins.NAME</c> in the configuration, or null where there is none.</summary>
    JsonElement? Settings { get; }

    /// <summary>A directory of the plugin's own that survives a restart of the server, not of the host. Exists; mode 0700.</summary>
    string StateDirectory { get; }

    /// <summary>The installed <c>client</c> program.</summary>
    string ClientPath { get; }

    /// <summary>Opens the namespaces, root, id maps and cgroups of a process of this host.</summary>
    /// <exception cref="IOException">There is no such process (any more), or it may not be opened.</exception>
    ContainerEntry OpenProcess(int processId);

    /// <summary>Completes when the process behind a pidfd has ended. No polling; the handle must stay open meanwhile.</summary>
    Task WhenExitedAsync(SafeHandle process, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a signal to the process behind a pidfd (pidfd_send_signal(2)): never to another that got its id. One that has ended is no
    /// error.
    /// </summary>
    /// <exception cref="IOException">It may not be signalled.</exception>
    void Signal(SafeHandle process, int signal);

    /// <summary>
    /// Completes when a container has everything that is configured for it and there by now, after five seconds at the latest. For a runtime that can keep a
    /// container's program from starting until then: report the container as started before.
    /// </summary>
    Task WhenServedAsync(ContainerId container, CancellationToken cancellationToken);
}
