using Microsoft.Win32.SafeHandles;

namespace ContainerManager.Abstractions;

/// <summary>Open handles by which the core acts in one run of a container. Holding them keeps the namespaces alive; dispose soon after the end.</summary>
public sealed class ContainerEntry : IDisposable
{
    /// <summary>A pidfd of the container's first process; readable when it has ended (pidfd_open(2)).</summary>
    public required SafeFileHandle Process { get; init; }

    /// <summary>Its mount namespace (<c>/proc/PID/ns/mnt</c>).</summary>
    public required SafeFileHandle MountNamespace { get; init; }

    /// <summary>
    /// Its network namespace (<c>/proc/PID/ns/net</c>), where programs hear of devices. Null: not known; events of devices do not reach it then.
    /// </summary>
    public SafeFileHandle? NetworkNamespace { get; init; }

    /// <summary>Its root directory, opened O_PATH (<c>/proc/PID/root</c>). All paths inside are resolved beneath it.</summary>
    public required SafeFileHandle Root { get; init; }

    /// <summary>The user ids of its user namespace (<c>/proc/PID/uid_map</c>).</summary>
    public required IdMap UserIds { get; init; }

    /// <summary>The group ids of its user namespace (<c>/proc/PID/gid_map</c>).</summary>
    public required IdMap GroupIds { get; init; }

    /// <summary>
    /// Its cgroups as in <c>/proc/PID/cgroup</c> (cgroups(7)): controller name → path; the unified hierarchy under the empty name.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Cgroups { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Process.Dispose();
        MountNamespace.Dispose();
        NetworkNamespace?.Dispose();
        Root.Dispose();
    }
}
