using System.Collections.Immutable;

namespace ContainerManager.Abstractions;

/// <summary>
/// A runtime that can also start containers (<c>container-util spawn</c>, <c>_namespace</c> in the configuration). Implemented beside
/// <see cref="IContainerRuntime"/> by the same class.
/// </summary>
public interface IContainerLauncher
{
    /// <summary>
    /// Starts a container and returns once its command runs. The runtime reports it in its discovery stream as well.
    /// </summary>
    /// <exception cref="InvalidOperationException">A container of that name runs already, or the request cannot be met.</exception>
    /// <exception cref="IOException">It could not be started. The message is shown to the user.</exception>
    Task<ContainerDescription> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken);

    /// <summary>Ends a container: SIGTERM to its first process, SIGKILL after <paramref name="grace"/>. It is not restarted.</summary>
    /// <exception cref="KeyNotFoundException">No container of that name runs.</exception>
    Task StopAsync(string name, TimeSpan grace, CancellationToken cancellationToken);
}

/// <summary>What to start.</summary>
public sealed record LaunchRequest
{
    /// <summary>Letters, digits, <c>_</c>, <c>.</c> and <c>-</c>; at most 63, beginning with a letter or digit.</summary>
    public required string Name { get; init; }

    /// <summary>The program and its arguments; the program is looked up in the container's PATH. At least one.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>A directory that becomes the root. Null: a root of its own with the host's <c>/usr</c>, read-only.</summary>
    public string? Root { get; init; }

    /// <summary>True: the host's network namespace. False: a private one with only a loopback interface.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>True: root inside is an unprivileged user outside. A <see cref="Root"/> must belong to that user then.</summary>
    public bool UserNamespace { get; init; }

    /// <summary>Whether to start it again when its command ends.</summary>
    public RestartPolicy Restart { get; init; }
}

/// <summary>When a container that ended is started again.</summary>
public enum RestartPolicy
{
    /// <summary>Never.</summary>
    No,

    /// <summary>When its status is not 0.</summary>
    OnFailure,

    /// <summary>Always, until it is stopped by request.</summary>
    Always,
}
