using System.Collections.Immutable;

namespace ContainerManager.Protocol;

/// <summary>What <c>container-util check --json</c> prints.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="User">The user id, inside, that has tried; null: nothing was tried.</param>
/// <param name="Results">One for each binding.</param>
public sealed record CheckReply(string Container, uint? User, ImmutableArray<CheckResult> Results);

/// <summary>What a program inside would get of one binding.</summary>
/// <param name="Target">The path inside.</param>
/// <param name="Result"><c>ok</c>, <c>read-only</c> (where more was wanted), <c>failed</c> or <c>missing</c> (not mounted).</param>
/// <param name="Cause">
/// Null for <c>ok</c>; <c>cgroup</c>, <c>mode</c>, <c>way</c> (a directory above it), <c>nodev</c>, <c>lsm</c>, <c>read-only</c>, <c>stale</c>, <c>hidden</c>, <c>hangs</c>, <c>busy</c>,
/// <c>empty</c>, <c>other</c>; for <c>missing</c> the state of the binding.
/// </param>
/// <param name="Detail">The same for a person.</param>
/// <param name="Remedy">What to do; null where there is nothing to say.</param>
public sealed record CheckResult(string Target, string Result, string? Cause, string Detail, string? Remedy);
