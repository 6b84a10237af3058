using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary><c>GET /v1/status</c>: what the server knows at one moment.</summary>
/// <param name="Version">The server's version.</param>
/// <param name="ConfigurationFile">The file in force, or null when the server runs without one.</param>
/// <param name="Runtimes">One for each runtime of each plugin.</param>
/// <param name="Containers">Those that run, and those that the configuration names and that do not run.</param>
/// <param name="Plugins">Those with which something is wrong.</param>
/// <param name="ConfigurationErrors">What is wrong with the configuration files as they are now, which are therefore not in force; null: nothing.</param>
public sealed record StatusReply(
    string Version,
    string? ConfigurationFile,
    ImmutableArray<RuntimeStatus> Runtimes,
    ImmutableArray<ContainerStatus> Containers,
    ImmutableArray<PluginStatus> Plugins,
    ImmutableArray<string>? ConfigurationErrors = null);

/// <summary><c>GET /v1/version</c>.</summary>
/// <param name="Version">The server's version.</param>
public sealed record VersionReply(string Version);

/// <summary>How a runtime's discovery does.</summary>
/// <param name="Name">Such as <c>docker</c>.</param>
/// <param name="State">
/// <c>connecting</c>, <c>listening</c>, <c>waiting</c> (an engine is not installed or not started) or <c>failed</c>.
/// </param>
/// <param name="Reason">What is waited for, or why it failed; null otherwise.</param>
public sealed record RuntimeStatus(string Name, string State, string? Reason);

/// <summary>One container.</summary>
/// <param name="Name">Its name, or the key of the configuration where none runs.</param>
/// <param name="Runtime">Null where none runs.</param>
/// <param name="Id">The runtime's id; null where none runs.</param>
/// <param name="ProcessId">The host's process id of its first process; null where none runs.</param>
/// <param name="State"><c>running</c>, <c>waiting</c> (does not run) or <c>failed</c> (cannot be entered).</param>
/// <param name="Reason">For <c>failed</c>: why, and what to do.</param>
/// <param name="Bindings">One for each thing that shall be or is mounted.</param>
/// <param name="Client">The client inside; null: none was needed yet.</param>
public sealed record ContainerStatus(
    string Name,
    string? Runtime,
    string? Id,
    int? ProcessId,
    string State,
    string? Reason,
    ImmutableArray<BindingStatus> Bindings,
    ClientStatus? Client = null);

/// <summary>The client in a container.</summary>
/// <param name="State"><c>running</c>, or <c>failed</c>: the last time that one was needed, it could not be started or did not answer.</param>
/// <param name="Since">Since when.</param>
/// <param name="Programs">How many programs run through it.</param>
/// <param name="Reason">For <c>failed</c>: why.</param>
public sealed record ClientStatus(string State, DateTimeOffset Since, int Programs, string? Reason);

/// <summary>One binding of one container.</summary>
/// <param name="Source">The path on the host; the pattern of the rule where nothing matches yet.</param>
/// <param name="Target">The path inside.</param>
/// <param name="State"><c>attached</c>, <c>waiting</c>, <c>pending</c> (a step is under way) or <c>failed</c>.</param>
/// <param name="Reason">For <c>waiting</c>: for what. For <c>failed</c>: why, and what to do.</param>
/// <param name="ReadOnly">Whether it is mounted read-only.</param>
/// <param name="Origin">Who asked for it: <c>_automount</c>, <c>_inotify_watch</c>, <c>bind</c>, or a label of the container such as <c>container-manager.automount</c>.</param>
/// <param name="MountId">The kernel's id of the mount while attached.</param>
public sealed record BindingStatus(
    string Source,
    string Target,
    string State,
    string? Reason,
    bool ReadOnly,
    string Origin,
    ulong? MountId);
